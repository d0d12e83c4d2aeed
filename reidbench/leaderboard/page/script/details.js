// All that is known of one row, in a dialog with an address of its own.

const part = (title, ...children) => h('section', null, h('h3', null, title), ...children);

/** Metrics as columns, the one that ranks first (a phone shows three); one line for each thing
    that is known about them. */
function figuresTable(row) {
  const names = [state.metric, ...METRICS.filter((name) => name !== state.metric)]
    .filter((name) => known(row.metrics[name]));
  const lines = [];
  const line = (label, text, strong) => lines.push(h('tr', strong ? { className: 'strong' } : null,
    h('th', { scope: 'row' }, label), ...names.map((name) => h('td', { className: 'number' }, text(name)))));
  const some = (values) => values && names.some((name) => known(values[name]));
  line(row.conditions.selection === 'val' ? 'selected weights' : 'value', (name) => percent(row.metrics[name], 2), true);
  if (some(row.interval)) line('95 % interval', (name) => range(row.interval[name], 2));
  if (some(row.bracket)) line('bracket', (name) => range(row.bracket[name], 2));
  const board = ALL_BOARDS.find((one) => one.rows.includes(row));
  if (some(row.rank)) line('rank', (name) => rankText(board, row, name));
  if (row.last) line(`last step (${count(row.last.step)})`, (name) => percent(row.last.metrics[name], 2));
  for (const one of row.seeds) line(`seed ${one.seed}`, (name) => percent(one.metrics[name], 2));
  if (some(row.private?.metrics)) line('private part', (name) => percent(row.private.metrics[name], 2));
  if (some(row.private?.rank)) line('place there', (name) => row.private.rank[name] ?? NONE);
  if (some(row.private?.delta)) line('places moved', (name) => moved(row.private.delta[name]));
  return h('div', { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'All figures' },
    h('table', { className: 'plain' },
      h('thead', null, h('tr', null, h('td'), ...names.map((name) => h('th', { scope: 'col', className: 'number' }, name)))),
      h('tbody', null, ...lines)));
}

function conditionsOf(row) {
  const { conditions } = row;
  const said = (value) => (value ? foreign(value) : used(row, value));
  const rest = [['Precision', 'precision'], ['Dimensions', 'dim'], ['Neck', 'neck'], ['Feature taken', 'tap'],
    ['Unlabelled training items', 'unlabelled'], ['Fused from', 'fused'], ['Protocol note', 'note']]
    .filter(([, key]) => known(conditions[key]))
    .map(([term, key]) => [term, typeof conditions[key] === 'number' ? count(conditions[key]) : foreign(conditions[key])]);
  return terms([['Mode', row.mode && foreign(row.mode)], ['Selection of weights', foreign(selection(row))],
    ['Test-time augmentation', said(conditions.test_time_augmentation)],
    ['Re-ranking', said(conditions.re_ranking)], ...rest]);
}

function costOf(row) {
  return terms(SIZES.map(({ key, long, unit }) => [long,
    known(row.cost[key]) ? `${key === 'parameters' || key === 'bytes_per_item' ? count(row.cost[key]) : short(row.cost[key])}${unit}` : null]));
}

function trainingOf(row) {
  return terms([['Declared training data', row.declared.length ? foreign(row.declared.join(', ')) : null],
    ['Overlaps with the test data', row.overlaps.length ? caution(row.overlaps.join(', '))
      : row.declared.length ? 'none of the declared' : null]]);
}

function provenanceOf(row) {
  const benchmark = BENCHMARKS.get(row.benchmark);
  const pairs = [['Status', h('span', { className: 'status' }, mark(row.status), row.status), `. ${STATUS_WORDS[row.status] || ''}`]];
  if (benchmark) {
    pairs.push(['Benchmark', foreign(benchmark.title === benchmark.name ? benchmark.name : `${benchmark.title} (${benchmark.name})`)]);
    pairs.push(['Licence of the data', benchmark.licence && foreign(benchmark.licence)]);
    pairs.push(['Fingerprint of the data', code(benchmark.fingerprint)]);
  }
  pairs.push(['Data set', foreign(`${row.dataset}${benchmark?.revision ? `, revision ${benchmark.revision}` : ''}`)]);
  if (!row.reported) pairs.push(['Identity of the rules', code(row.identity)]);
  if (row.record) pairs.push(['Result record', fileLink(row.record)]);
  if (row.source) pairs.push(['Source', link(row.source)]);
  pairs.push(['Address of this row', h('a', { href: `#${new URLSearchParams({ row: row.key })}` }, 'link')]);
  return terms(pairs);
}

const dialog = document.getElementById('dialog');

function showRow(row) {
  document.getElementById('dialog-title').replaceChildren(foreign(row.title));
  const lines = [h('p', { className: 'quiet' }, foreign(`${direction(row)} on ${row.dataset}${row.mode ? `, mode ${row.mode}` : ''}`),
    ...(row.entry ? [' · entry ', h('code', null, row.entry)] : []))];
  if (row.authors) lines.push(h('p', null, foreign(row.authors)));
  if (row.url) lines.push(h('p', null, link(row.url)));
  if (row.description) lines.push(h('p', null, foreign(row.description)));
  if (row.flags.length) lines.push(h('p', { className: 'flags' }, ...row.flags.map(flag)));
  const others = ROWS.filter((one) => one.of === row.of && one !== row && !one.reported && one.benchmark === row.benchmark);
  document.getElementById('dialog-body').replaceChildren(...lines,
    part('Figures, in percent', figuresTable(row)), part('Conditions', conditionsOf(row)),
    part('Training data', trainingOf(row)), part('Cost', costOf(row)), part('Provenance', provenanceOf(row)),
    ...(others.length ? [part('Other rows of this entry', h('ul', { className: 'others' }, ...others.map((one) => h('li', null,
      h('a', { href: address({ row: one.key }) }, foreign(`${direction(one)}, ${one.mode || 'mode not said'}`)),
      ` ${state.metric} ${percent(one.metrics[state.metric])}`))))] : []));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

/** Opens the dialog that the address names, or closes it. */
function followRow() {
  if (state.row) showRow(BY_KEY.get(state.row));
  else if (dialog.open) dialog.close();
}

function openRow(key) {
  state.row = key;
  writeState({ step: true });
  showRow(BY_KEY.get(key));
}

dialog.addEventListener('close', () => {
  if (!state.row) return;
  state.row = '';
  writeState();
});
document.getElementById('close').addEventListener('click', () => dialog.close());
dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
