// The columns of a board: heading, value to sort by, cell.

const condition = (row, value) => (value ? [caution(value)] : [used(row, value)]);

function rankCell(board, row) {
  const total = board.shared.get(rankKey(row, state.metric, 'all'));
  return [rankText(board, row, state.metric),
    total ? h('span', { className: 'interval' }, `of ${total}`) : null];
}

function titleCell(row) {
  const button = h('button', { type: 'button', className: 'open', 'aria-haspopup': 'dialog' }, foreign(row.title));
  const cells = [button];
  if (row.authors) cells.push(foreign(row.authors, { className: 'by' }));
  cells.push(...row.flags.map(flag));
  return cells;
}

const metricCell = (row, name) => {
  const cells = [h('span', { className: 'value' }, percent(row.metrics[name]))];
  if (row.interval[name]) cells.push(h('span', { className: 'interval' }, range(row.interval[name])));
  return cells;
};

const SIZES = [
  { key: 'parameters', head: 'Params', long: 'Parameters of the query model', unit: '', text: short },
  { key: 'gflops', head: 'GFLOPs', long: 'GFLOPs for one query', unit: '', text: short },
  { key: 'bytes_per_item', head: 'Bytes per item', long: 'Bytes for one gallery item', unit: '', text: count },
  { key: 'query_ms', head: 'Query ms', long: 'Milliseconds to embed one query', unit: ' ms', text: short },
];

/** Column: key, head, tip, value(row), cell(row) -> children, number (right aligned), metric, and
    group(row): rows are sorted within their group, because the values of two groups say nothing
    about each other. */
function columnsOf(board) {
  const metric = (name) => ({
    key: name, head: name, metric: true, number: true, tip: `${name} in percent, 95 % interval below`,
    value: (row) => row.metrics[name], cell: (row) => metricCell(row, name),
  });
  const title = { key: 'title', head: board.reported ? 'Method' : 'Entry', value: (row) => row.title.toLowerCase(), cell: titleCell };
  const choice = { key: 'selection', head: 'Selection', tip: 'Which weights were kept', value: selection,
    cell: (row) => (row.conditions.selection === 'test' ? [caution(selection(row))] : [selection(row)]) };
  const augment = { key: 'tta', head: 'TTA', tip: 'Test-time augmentation', value: (row) => used(row, row.conditions.test_time_augmentation),
    cell: (row) => condition(row, row.conditions.test_time_augmentation) };
  const again = { key: 'reranking', head: 'Re-ranking', value: (row) => used(row, row.conditions.re_ranking),
    cell: (row) => condition(row, row.conditions.re_ranking) };
  const status = { key: 'status', head: 'Status', value: (row) => STATUSES.indexOf(row.status), cell: statusCell };
  const metrics = board.metrics.map(metric);
  if (board.reported) {
    return [title, status, ...metrics, choice, augment, again,
      { key: 'note', head: 'Protocol note', value: (row) => row.conditions.note || '', cell: (row) => [foreign(row.conditions.note || NONE)] },
      { key: 'source', head: 'Source', value: (row) => row.source || '', cell: (row) => [row.source ? link(row.source) : NONE] }];
  }
  const trained = { key: 'overlap', head: 'Training overlap', tip: 'Declared training data that overlaps with the test data', value: overlap,
    cell: (row) => (row.overlaps.length ? [caution(row.overlaps.join(', '))] : [overlap(row) === 'no overlap' ? 'none' : 'not said']) };
  const size = ({ key, head, long, text }) => ({ key, head, tip: long, number: true, value: (row) => row.cost[key], cell: (row) => [known(row.cost[key]) ? text(row.cost[key]) : NONE] });
  const lost = { key: 'delta', head: 'Private part', tip: 'Places lost or gained on the private part', value: (row) => row.private?.delta?.[state.metric],
    cell: (row) => [moved(row.private?.delta?.[state.metric])] };
  return [
    { key: 'rank', head: 'Rank', tip: 'Rank among the rows of the same mode on this board; = is a shared rank', group: (row) => row.mode || '',
      value: (row) => row.rank[state.metric], cell: (row) => rankCell(board, row) },
    { key: 'mode', head: 'Mode', value: (row) => row.mode || '', cell: (row) => [foreign(row.mode || NONE)] },
    title, status,
    ...metrics, ...(board.private ? [lost] : []), choice, augment, again, trained,
    ...SIZES.filter(({ key }) => ['parameters', 'bytes_per_item'].includes(key)).map(size),
  ];
}

/** Rows in the chosen order; what is not known stands last either way. A board that lacks the
    column goes by the metric. */
function sorted(rows, columns) {
  const metric = columns.find((one) => one.key === state.metric);
  const column = columns.find((one) => one.key === state.sort);
  const best = (a, b) => compare(metric, 1, a, b);
  if (!column) return [...rows].sort(best);
  const sign = state.dir === 'down' ? 1 : -1;
  const group = column.group || (() => '');
  return [...rows].sort((a, b) => collator.compare(group(a), group(b))
    || compare(column, sign, a, b) || best(a, b));
}

function compare(column, sign, a, b) {
  if (!column) return a.place - b.place;
  const [x, y] = [column.value(a), column.value(b)];
  if (!known(x) || !known(y)) return known(y) - known(x);
  const order = typeof x === 'string' ? collator.compare(x, y) : x - y;
  return -sign * order;
}
