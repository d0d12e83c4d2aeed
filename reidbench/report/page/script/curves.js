// By task: CMC with its bands, and how the queries' average precision is spread.

const CMC = report.cmc.filter((one) => one.ranks.length && one.ranks.length === one.values.length);
const AP = report.ap.filter((one) => one.counts.length && one.edges.length === one.counts.length + 1);

function cmcFigure(task) {
  const lines = CMC.filter((one) => one.task === task);
  const config = () => {
    const datasets = lines.flatMap((line) => {
      const style = lineStyle(line);
      const key = lineName(line);
      const sets = [{ ...style, key, label: key, data: points(line.ranks, line.values, 100), pointRadius: 3.5, fill: false, tension: 0 }];
      if (line.low.length && line.high.length) {
        const band = { ...style, bandOf: key, label: '', borderWidth: 0, pointRadius: 0, pointHitRadius: 0 };
        sets.push({ ...band, data: points(line.ranks, line.low, 100), fill: false },
          { ...band, data: points(line.ranks, line.high, 100), fill: '-1' });
      }
      return sets;
    });
    const ticks = distinct(lines.flatMap((line) => line.ranks));
    return { type: 'line', data: { datasets },
      options: lineOptions({ text: 'rank k', scale: { type: 'logarithmic', min: Math.min(...ticks), max: Math.max(...ticks), afterBuildTicks: (scale) => { scale.ticks = ticks.map((value) => ({ value })); } }, ticks: { autoSkip: false, callback: (value) => (value === 3 ? '' : String(value)) } },
        { text: 'right within k, in %', scale: { min: 0, max: 100 } },
        { tooltip: { callbacks: { title: ([one]) => (one ? `rank ${one.parsed.x}` : ''), label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toFixed(1)} %` } }, mode: 'index' }) };
  };
  const words = lines.map((line) => `${lineName(line)} ${line.ranks.map((rank, i) => `${percent(line.values[i])} % at ${rank}`).join(', ')}`).join('; ');
  return new Figure(taskName(task), { config, words: `CMC of ${taskName(task)}. ${words}.`,
    numbers: () => [['k', ...lines.map(lineName)], distinct(lines.flatMap((line) => line.ranks)).map((rank) => [rank, ...lines.map((line) => {
      const at = line.ranks.indexOf(rank);
      return at < 0 ? NONE : [percent(line.values[at]), ...(known(line.low[at]) ? [h('span', { className: 'interval' }, range([line.low[at], line.high[at]]))] : [])];
    })])] });
}

/** Bins as a staircase: each value holds from its edge to the next. */
const staircase = (edges, values) => [...values.map((y, i) => ({ x: edges[i], y })), { x: edges[values.length], y: values.at(-1) }];

function apFigure(task) {
  const lines = AP.filter((one) => one.task === task);
  const total = (line) => line.counts.reduce((sum, value) => sum + value, 0) || 1;
  const config = () => ({ type: 'line', data: { datasets: lines.map((line) => ({
    ...lineStyle(line), label: lineName(line), data: staircase(line.edges.map((edge) => 100 * edge), line.counts.map((value) => (100 * value) / total(line))),
    stepped: true, pointRadius: 0, pointStyle: 'line', fill: 'origin', backgroundColor: series(MODES.indexOf(line.mode), 0.1) })) },
  options: lineOptions({ text: 'average precision, in %', scale: { min: 0, max: 100 } }, { text: 'share of queries, in %', scale: { min: 0, grace: '5%' } },
    { mode: 'index', long: true, tooltip: { callbacks: { title: ([one]) => (one ? `AP from ${one.parsed.x.toFixed(0)} %` : ''), label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toFixed(1)} % of the queries` } } }) });
  const words = lines.map((line) => `${lineName(line)}: ${percent(line.counts[0] / total(line), 0)} % of the queries have an AP below ${percent(line.edges[1], 0)} %, ${percent(line.counts.at(-1) / total(line), 0)} % above ${percent(line.edges.at(-2), 0)} %`).join('; ');
  return new Figure(taskName(task), { config, words: `Histogram of average precision, ${taskName(task)}. ${words}.`,
    numbers: () => [['AP, in %', ...lines.map(lineName)], (lines[0]?.counts || []).map((_, i) => [`${percent(lines[0].edges[i], 0)}–${percent(lines[0].edges[i + 1], 0)}`, ...lines.map((line) => (known(line.counts[i]) ? count(line.counts[i]) : NONE))])] });
}

/** A group of charts under a heading; nothing where there is no chart. */
function group(title, note, figures, more = null) {
  if (!figures.length) return [];
  return [h('section', { className: 'group' }, h('h3', null, title), note ? h('p', { className: 'quiet lead' }, note) : null, more,
    h('div', { className: 'charts' }, ...figures.map((figure) => figure.element)))];
}

function placeCurves() {
  const having = (part) => TASKS.filter((task) => part.some((one) => one.task === task));
  const parts = [
    ...group('CMC', 'Share of queries with a right item among the first k. Shaded: 95 % band, identities resampled. A click on a name hides its line.', having(CMC).map(cmcFigure)),
    ...group('Average precision of the queries', 'A model that fails on some queries and one that is middling on all can have the same mean.', having(AP).map(apFigure)),
    ...similarityGroup(),
  ];
  $('curves').hidden = !parts.length;
  $('curves').querySelector('.charts-of').append(...parts);
}
