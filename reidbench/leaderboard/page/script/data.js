// What compact.py packed, as rows and boards.

const packed = JSON.parse(document.getElementById('data').textContent);
const METRICS = packed.metrics || [];
const BENCHMARKS = new Map((packed.benchmarks || []).map((one) => [one.name, one]));

const figures = (values) => Object.fromEntries(
  (values || []).map((value, i) => [METRICS[i], value]).filter(([, value]) => known(value)),
);

function unpack(row, place) {
  const entry = packed.entries[row.of];
  const conditions = row.conditions || {};
  const training = entry.training || {};
  const reported = row.status === 'reported' || !row.benchmark;
  const one = {
    ...entry, ...row, conditions, reported,
    title: entry.title || entry.entry || '(no title)',
    metrics: figures(row.metrics), interval: figures(row.interval),
    bracket: figures(row.bracket), rank: figures(row.rank),
    seeds: (row.seeds || []).map(([seed, values]) => ({ seed, metrics: figures(values) })),
    last: row.last ? { step: row.last[0], metrics: figures(row.last[1]) } : null,
    private: row.private
      ? Object.fromEntries(Object.entries(row.private).map(([k, v]) => [k, figures(v)])) : null,
    declared: training.declared || [], overlaps: training.overlaps || [],
    cost: row.cost || {}, flags: [...(row.flags || [])],
  };
  if (row.collapsed) one.flags.push('collapsed: embeddings of different items are nearly the same');
  one.key = [one.entry || one.title, one.benchmark || one.dataset, one.task || one.query, one.mode]
    .filter(known).join('/');
  one.hay = `${one.title} ${one.entry || ''} ${one.authors || ''}`.toLowerCase();
  one.place = place;
  return one;
}

const ROWS = packed.rows.map(unpack);
const BY_KEY = new Map();
for (const row of ROWS) {
  // Reported rows can share all four names: the later ones get a number.
  let key = row.key;
  for (let n = 2; BY_KEY.has(key); n += 1) key = `${row.key}/${n}`;
  row.key = key;
  BY_KEY.set(key, row);
}

/** Rows that can be compared: one benchmark, one task, one identity. Reported rows: one data set
    and one direction, and no claim that they can be compared. */
function boardsOf(rows) {
  const found = new Map();
  for (const row of rows) {
    const parts = row.reported
      ? ['reported', row.dataset, row.task || direction(row)]
      : [row.benchmark, row.task, row.identity];
    const id = JSON.stringify(parts);
    if (!found.has(id)) {
      const benchmark = BENCHMARKS.get(row.benchmark);
      const task = (benchmark?.tasks || []).find(
        (one) => one.name === row.task && one.identity === row.identity,
      );
      found.set(id, { id, rows: [], reported: row.reported, benchmark, task, first: row });
    }
    found.get(id).rows.push(row);
  }
  for (const board of found.values()) {
    board.metrics = METRICS.filter((name) => board.rows.some((row) => known(row.metrics[name])));
    board.private = board.rows.some((row) => row.private);
    board.shared = countRanks(board.rows);
  }
  return [...found.values()].sort(order);
}

/** Benchmarks in the order of the file, their tasks in the benchmark's order. */
function order(a, b) {
  const names = [...BENCHMARKS.keys()];
  const benchmark = (x) => names.indexOf(x.first.benchmark);
  const task = (x) => {
    const at = (x.benchmark?.tasks || []).indexOf(x.task);
    return at < 0 ? Infinity : at;
  };
  if (a.reported && b.reported) return collator.compare(a.first.dataset, b.first.dataset);
  return benchmark(a) - benchmark(b) || (task(a) === task(b) ? 0 : task(a) - task(b));
}

/** How many rows hold a rank, for each mode and metric: more than one is a shared rank. Rows are
    ranked within their mode. */
function countRanks(rows) {
  const counts = new Map();
  for (const row of rows) {
    for (const [metric, rank] of Object.entries(row.rank)) {
      for (const key of [rankKey(row, metric, rank), rankKey(row, metric, 'all')]) {
        counts.set(key, (counts.get(key) || 0) + 1);
      }
    }
  }
  return counts;
}

const rankKey = (row, metric, rank) => JSON.stringify([row.mode, metric, rank]);

/** "2", "2=" where several rows share the rank, or "–". */
function rankText(board, row, metric) {
  const rank = row.rank[metric];
  if (!known(rank)) return NONE;
  return board.shared.get(rankKey(row, metric, rank)) > 1 ? `${rank}=` : String(rank);
}

const BOARDS = boardsOf(ROWS.filter((row) => !row.reported));
const REPORTED = boardsOf(ROWS.filter((row) => row.reported));
const ALL_BOARDS = [...BOARDS, ...REPORTED];
