// The controls, and what happens when one of them changes.

const choices = new Map();

function select(filter) {
  const element = h('select', { id: `filter-${filter.key}` }, new Option('any', ''),
    ...filter.options.map((value) => new Option(filter.word ? filter.word(value) : value, value)));
  element.addEventListener('change', () => {
    state[filter.key] = element.value;
    changed(update);
  });
  choices.set(filter.key, element);
  return h('label', { className: 'field', title: filter.tip || '', hidden: filter.options.length < 2 }, h('span', null, filter.label), element);
}

/** Everything that depends on the search words and filters. */
function update() {
  const rows = filtered(state);
  let left = 0;
  for (const table of TABLES) left += table.update(rows);
  for (const section of document.querySelectorAll('#boards > section')) {
    section.hidden = ![...section.querySelectorAll('.board')].some((one) => !one.hidden);
  }
  $('reported').hidden = !TABLES.some(({ board, element }) => board.reported && !element.hidden);
  $('count').textContent = left === ROWS.length ? plural(left, 'row')
    : left ? `${count(left)} of ${plural(ROWS.length, 'row')}` : 'No row fits';
  const active = activeFilters();
  $('active').textContent = active ? `(${active} active)` : '';
  $('reset').disabled = !active && !state.q;
  for (const filter of FILTERS) choices.get(filter.key).classList.toggle('set', Boolean(state[filter.key]));
  for (const { button, table } of jumps) button.hidden = table.element.hidden;
  drawPlot(rows);
  writeState();
}

/** What a control sets off. */
function changed(work) {
  timed(() => {
    for (const table of TABLES) table.fold();
    work();
  });
}

/** Sorting concerns every board that has the column. */
function sortBy(column) {
  if (state.sort === column.key) state.dir = state.dir === 'up' ? 'down' : 'up';
  else Object.assign(state, { sort: column.key, dir: column.metric ? 'down' : 'up' });
  changed(() => {
    dress();
    update();
  });
}

function dress() {
  for (const table of TABLES) table.dress();
  $('sort').value = state.sort;
}

/** The whole page as `state` says. */
function show() {
  $('search').value = state.q;
  $('metric').value = state.metric;
  for (const filter of FILTERS) choices.get(filter.key).value = state[filter.key];
  plotPanel.open = Boolean(state.plot);
  $('legend').open = Boolean(state.legend);
  if (!BOARDS.some((board) => board.id === state.board)) state.board = '';
  $('plot-board').value = state.board || BOARDS[0]?.id || '';
  $('plot-cost').value = state.cost;
  for (const table of TABLES) table.forget();
  dress();
  update();
  followRow();
}

const jumps = [];
/** With more than two boards: a list of them to go to. */
function placeJumps() {
  if (ALL_BOARDS.length < 3) return;
  let name = null;
  for (const table of TABLES) {
    const { board } = table;
    const group = board.reported ? 'Reported' : board.benchmark?.title || board.first.benchmark;
    if (group !== name) $('jump').append(h('span', { className: 'group' }, foreign(group)));
    name = group;
    const button = h('button', { type: 'button' }, foreign(boardName(board).text), ' ', h('span', { className: 'quiet' }, count(board.rows.length)));
    button.addEventListener('click', () => {
      table.element.scrollIntoView();
      table.element.querySelector('h3').focus({ preventScroll: true });
    });
    jumps.push({ button, table });
    $('jump').append(button);
  }
}

function facts() {
  const entries = new Set(ROWS.filter((row) => !row.reported).map((row) => row.of)).size;
  const checked = ROWS.filter((row) => !row.reported).length;
  const parts = [`${plural(checked, 'row')} of ${plural(entries, 'entry', 'entries')}`, plural(BENCHMARKS.size, 'benchmark')];
  if (ROWS.length > checked) parts.push(`${plural(ROWS.length - checked, 'reported row')} apart`);
  return `${parts.join(' · ')}.`;
}

function start() {
  $('facts').textContent = facts();
  $('metric').append(...METRICS.map((name) => new Option(name, name)));
  $('filters').append(...FILTERS.map(select));
  const keys = TABLES.find(({ board }) => !board.reported) || TABLES[0];
  $('sort').append(...(keys?.columns || []).map(({ key, head }) => new Option(head, key)));
  fillPlotChoices();
  placeTables();
  placeJumps();
  if (matchMedia('(max-width: 45rem)').matches) $('more-filters').open = false;

  $('search').addEventListener('input', () => changed(() => {
    state.q = $('search').value;
    update();
  }));
  $('metric').addEventListener('change', () => {
    state.metric = $('metric').value;
    changed(show);
  });
  $('sort').addEventListener('change', () => {
    const column = keys.columns.find(({ key }) => key === $('sort').value);
    Object.assign(state, { sort: column.key, dir: column.metric ? 'down' : 'up' });
    changed(show);
  });
  $('reverse').addEventListener('click', () => {
    state.dir = state.dir === 'up' ? 'down' : 'up';
    changed(show);
  });
  $('reset').addEventListener('click', () => {
    state.q = '';
    for (const filter of FILTERS) state[filter.key] = '';
    changed(show);
    $('search').focus();
  });
  plotPanel.addEventListener('toggle', () => {
    state.plot = plotPanel.open ? '1' : '';
    update();
  });
  $('legend').addEventListener('toggle', () => {
    state.legend = $('legend').open ? '1' : '';
    writeState();
  });
  $('plot-board').addEventListener('change', () => {
    state.board = $('plot-board').value === BOARDS[0].id ? '' : $('plot-board').value;
    update();
  });
  $('plot-cost').addEventListener('change', () => {
    state.cost = $('plot-cost').value;
    update();
  });
  themeButton(() => drawPlot(filtered(state)));
  $('skip').addEventListener('click', (event) => {
    event.preventDefault();
    $('boards').focus();
  });
  const follow = () => {
    readState();
    show();
  };
  addEventListener('hashchange', follow);
  addEventListener('popstate', follow);
  readState();
  show();
}

start();
