// What the reader chose, kept in the address after `#`, so that a link shows the same.

const EMPTY = {
  q: '', metric: METRICS.includes('mAP') ? 'mAP' : METRICS[0] || '', sort: 'rank', dir: 'up',
  plot: '', board: '', cost: 'parameters', legend: '', row: '',
  ...Object.fromEntries(FILTERS.map((filter) => [filter.key, ''])),
};
const state = { ...EMPTY };

/** From the address. A value that this page does not have is dropped. */
function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const key of Object.keys(EMPTY)) state[key] = given.get(key) ?? EMPTY[key];
  for (const filter of FILTERS) {
    if (!filter.options.includes(state[filter.key])) state[filter.key] = '';
  }
  if (!METRICS.includes(state.metric)) state.metric = EMPTY.metric;
  if (!['up', 'down'].includes(state.dir)) state.dir = EMPTY.dir;
  if (!SIZES.some(({ key }) => key === state.cost)) state.cost = EMPTY.cost;
  if (!BY_KEY.has(state.row)) state.row = '';
}

function address(changed = {}) {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...state, ...changed })) {
    if (value !== EMPTY[key]) given.set(key, value);
  }
  return `#${given}`;
}

let writing = 0;
/** Into the address: after a pause, since browsers allow only so many changes a second. */
function writeState({ step = false } = {}) {
  clearTimeout(writing);
  if (step) history.pushState(null, '', address());
  else writing = setTimeout(() => history.replaceState(null, '', address()), 150);
}

const activeFilters = () => FILTERS.filter((filter) => state[filter.key]).length;
