// The filters: for each, which values a row has, and how they are called.

const selection = (row) => selectionWord(row.conditions.selection);
/** What nobody mentions was not done, except in reported rows, where nobody knows. */
const used = (row, value) => (value ? 'used' : row.reported ? 'not said' : 'none');
const overlap = (row) => {
  if (row.overlaps.length) return 'overlap';
  return row.declared.length ? 'no overlap' : 'not said';
};

const FILTERS = [
  { key: 'data', label: 'Data', values: (row) => [
    ...(row.benchmark ? [`benchmark: ${row.benchmark}`] : []), `data set: ${row.dataset}`] },
  { key: 'task', label: 'Task', values: (row) => [row.task || 'not said'] },
  { key: 'query', label: 'Query', values: (row) => [row.query || 'not said'], word: modality },
  { key: 'mode', label: 'Mode', values: (row) => [row.mode || 'not said'] },
  { key: 'status', label: 'Status', values: (row) => [row.status], order: STATUSES },
  { key: 'selection', label: 'Selection', values: (row) => [selection(row)] },
  { key: 'tta', label: 'TTA', tip: 'Test-time augmentation', values: (row) => [used(row, row.conditions.test_time_augmentation)] },
  { key: 'reranking', label: 'Re-ranking', values: (row) => [used(row, row.conditions.re_ranking)] },
  { key: 'overlap', label: 'Training overlap', tip: 'Declared training data that overlaps with the test data', values: (row) => [overlap(row)] },
];

for (const filter of FILTERS) {
  filter.of = new Map(ROWS.map((row) => [row, filter.values(row)]));
  const all = [...new Set([...filter.of.values()].flat())];
  const place = (value) => (filter.order ? filter.order.indexOf(value) : 0);
  filter.options = all.sort((a, b) => place(a) - place(b)
    || (a === 'not said') - (b === 'not said') || collator.compare(a, b));
}

/** The rows that the search words and the filters of `state` leave. */
function filtered(state) {
  const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const active = FILTERS.filter((filter) => state[filter.key]);
  return new Set(ROWS.filter((row) => words.every((word) => row.hay.includes(word))
    && active.every((filter) => filter.of.get(row).includes(state[filter.key]))));
}
