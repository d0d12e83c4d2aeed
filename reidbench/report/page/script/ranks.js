// The rank lists of one query: its card, a strip for each list, the row of all queries above.

let left = []; // the queries that can be stepped through
let current = null;

function listSection(query, list) {
  const ap = query.ap[list.key];
  const firstRight = list.hits.find((hit) => hit.kind === 'right');
  const ranked = list.hits.filter((hit) => known(hit.rank)).length;
  const facts = [known(ap) ? `AP ${percent(ap)} %` : null,
    firstRight ? `first right at ${firstRight.rank}` : `none right among the first ${ranked}`].filter(known);
  const name = lineName(list);
  const words = list.hits.filter((hit) => !hit.item.picture && hit.item.caption).length > list.hits.length / 2;
  return h('section', { className: `list ${words ? 'words' : ''}` },
    h('h3', null, foreign(name), ' ', h('span', { className: 'quiet' }, facts.join(' · '))),
    h('ol', { 'aria-label': `Rank list, ${name}` }, ...list.hits.map(hitCard)));
}

function queryCard(query) {
  const { item } = query;
  return h('article', { className: 'card' },
    h('p', { className: 'quiet' }, 'Query', ...query.why.map((why) => h('span', { className: 'badge' }, WHY_WORDS[why] || why))),
    h('div', { className: 'frame' }, shown(item, false)),
    terms(itemFacts(item).filter(([name]) => name !== 'caption' || item.picture).map(([name, value]) => [name, name === 'item' ? code(value) : foreign(value)])),
    h('p', { className: 'quiet' }, h('a', { href: address({ query: item.id, at: 'ranks' }) }, 'Link to this query')));
}

function showQuery(query) {
  current = query;
  if (!query) {
    $('query').replaceChildren(h('p', { className: 'nothing' }, 'No query fits.'));
    return;
  }
  const lists = listsOf(query);
  const table = h('details', { className: 'numbers' }, h('summary', null, 'As a table'));
  table.addEventListener('toggle', () => {
    if (table.open && table.children.length === 1) table.append(hitsTable(lists.map((list) => ({ name: lineName(list), hits: list.hits }))));
  });
  $('query').replaceChildren(queryCard(query),
    h('div', { className: 'lists' }, ...lists.map((list) => listSection(query, list)), table));
  for (const one of $('film').children) {
    const here = one.dataset.item === query.item.id;
    one.toggleAttribute('aria-current', here);
    one.tabIndex = here ? 0 : -1;
    if (here) $('film').scrollLeft = one.offsetLeft - $('film').clientWidth / 2 + one.offsetWidth / 2;
  }
  const at = left.indexOf(query);
  $('previous').disabled = at <= 0;
  $('next').disabled = at < 0 || at === left.length - 1;
}

function filmFrame(query) {
  const ap = Object.values(query.ap)[0];
  const button = h('button', { type: 'button', title: query.item.id, 'aria-label': `Query ${query.item.id}` },
    query.item.picture ? h('img', { alt: '', src: query.item.picture, loading: 'lazy' }) : h('span', { className: 'snippet' }, foreign(query.item.caption || query.item.id)),
    h('span', { className: 'quiet' }, known(ap) ? percent(ap, 0) : ''));
  button.dataset.item = query.item.id;
  button.addEventListener('click', () => goTo(query));
  return button;
}

/** The search, task or kind has changed: other queries are left. */
function updateRanks() {
  const chosen = chosenQueries();
  left = chosen.left;
  $('film').replaceChildren(...left.map(filmFrame));
  const [first] = Object.keys(left[0]?.ap ?? {});
  $('film-note').textContent = first ? `Below each query: its average precision in ${lineName(splitName(first))}, in percent.` : '';
  goTo(left.find((query) => query.item.id === state.query) || left[0] || null, false);
  if (left.length) return;
  const elsewhere = distinct(chosen.all.filter((query) => query.task !== state.task).map((query) => query.task));
  const others = elsewhere.map((task) => {
    const button = h('button', { type: 'button' }, foreign(taskName(task)));
    button.addEventListener('click', () => {
      Object.assign(state, { task, why: '', query: '' });
      showChoices();
      updateRanks();
    });
    return button;
  });
  $('query').replaceChildren(h('p', { className: 'nothing' }, 'No query of this task fits. ', others.length ? 'Queries that fit in: ' : '', ...others));
}

function goTo(query, focus = true) {
  const inFilm = $('film').contains(document.activeElement);
  showQuery(query);
  state.query = query && query !== left[0] ? query.item.id : '';
  const total = QUERIES.filter((one) => one.task === state.task).length;
  const at = left.indexOf(query);
  $('count').textContent = query ? `${at + 1} of ${left.length}${left.length < total ? ` (${total} in all)` : ''}` : `0 of ${total}`;
  $('previous').disabled = at <= 0;
  $('next').disabled = at < 0 || at === left.length - 1;
  if (focus && inFilm) $('film').querySelector('[aria-current]')?.focus({ preventScroll: true });
  writeState();
}

function step(by) {
  const next = left[left.indexOf(current) + by];
  if (next) goTo(next);
}

/** Arrow keys move between queries, unless they move something else: a field, a table. */
function pressed(event) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const at = event.target instanceof Element ? event.target : document.body;
  const scrolls = at.closest('.scroll, ol');
  if (at.closest('input, select, textarea') || (scrolls && scrolls.scrollWidth > scrolls.clientWidth)) return;
  const { top, bottom } = $('ranks').getBoundingClientRect();
  if (bottom < 0 || top > innerHeight) return;
  event.preventDefault();
  step(by);
}

/** The controls as `state` says. */
function showChoices() {
  if (!QUERY_TASKS.includes(state.task)) state.task = QUERY_TASKS[0] || '';
  const here = QUERIES.filter((query) => query.task === state.task);
  const whys = WHYS.filter((why) => here.some((query) => query.why.includes(why)));
  if (!whys.includes(state.why)) state.why = '';
  $('why').replaceChildren(new Option(`all ${here.length}`, ''), ...whys.map((why) => new Option(WHY_WORDS[why], why)));
  for (const [id, values] of [['run', distinct(QUERIES.flatMap((query) => query.lists.map((list) => list.run)))], ['mode', distinct(QUERIES.flatMap((query) => query.lists.map((list) => list.mode)))]]) {
    if (!values.includes(state[id])) state[id] = '';
    $(id).replaceChildren(new Option('all', ''), ...values.map((value) => new Option(value, value)));
    $(id).parentElement.hidden = values.length < 2;
  }
  for (const id of ['task', 'why', 'run', 'mode']) {
    $(id).value = state[id];
    $(id).classList.toggle('set', id !== 'task' && Boolean(state[id]));
  }
  $('search').value = state.q;
}

function placeRanks() {
  $('ranks').hidden = !QUERIES.length;
  if (!QUERIES.length) return;
  $('task').append(...QUERY_TASKS.map((task) => new Option(taskName(task) === task ? task : `${taskName(task)} (${task})`, task)));
  for (const id of ['task', 'why', 'run', 'mode']) {
    $(id).addEventListener('change', () => {
      state[id] = $(id).value;
      showChoices();
      updateRanks();
    });
  }
  $('search').addEventListener('input', () => {
    state.q = $('search').value;
    updateRanks();
  });
  $('previous').addEventListener('click', () => step(-1));
  $('next').addEventListener('click', () => step(1));
  document.addEventListener('keydown', pressed);
  markSame($('query'));
}
