// How similar queries are to right and to wrong items; how many directions an embedding uses.

const mean = (edges, shares) => {
  const all = shares.reduce((sum, value) => sum + value, 0);
  return all ? shares.reduce((sum, value, i) => sum + (value * (edges[i] + edges[i + 1])) / 2, 0) / all : null;
};
/** Share of the mass that two histograms have in common. */
function overlapOf(first, second) {
  const sum = (values) => values.reduce((all, value) => all + value, 0) || 1;
  return first.reduce((all, value, i) => all + Math.min(value / sum(first), (second[i] || 0) / sum(second)), 0);
}

function similarityFigure(one) {
  const kinds = [['right items', one.positives, 2], ['wrong items', one.negatives, 1]];
  const title = `${taskName(one.task)}, ${lineName(one)}`;
  const config = () => ({ type: 'line', data: { datasets: kinds.map(([label, values, n], i) => ({
    label, data: staircase(one.edges, values.map((value) => 100 * value)), stepped: true, pointRadius: 0, pointStyle: 'line', fill: 'origin',
    borderColor: series(n), backgroundColor: series(n, 0.2), borderDash: DASHES[i], borderWidth: 2 })) },
  options: lineOptions({ text: 'cosine similarity', scale: {}, ticks: { maxTicksLimit: 9 } }, { text: 'share of pairs, in %', scale: { min: 0, grace: '5%' } },
    { mode: 'index', long: true, tooltip: { callbacks: { title: ([at]) => (at ? `from ${at.parsed.x.toFixed(2)}` : ''), label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toFixed(1)} %` } } }) });
  const means = kinds.map(([, values]) => mean(one.edges, values));
  const note = means.every(known) ? `Mean ${means[0].toFixed(2)} for right, ${means[1].toFixed(2)} for wrong; ${percent(overlapOf(one.positives, one.negatives), 0)} % in common` : '';
  return new Figure(title, { config, note, words: `Histogram of similarities, ${title}. ${note}.`,
    numbers: () => [['from', 'right, in %', 'wrong, in %'], one.positives.map((value, i) => [one.edges[i]?.toFixed(2), percent(value, 2), percent(one.negatives[i], 2)])] });
}

function similarityGroup() {
  const all = report.similarity.filter((one) => one.positives.length && one.edges.length > one.positives.length);
  return group('Similarity to right and wrong items', 'The less the two have in common, the better the model tells persons apart.', all.map(similarityFigure));
}

function spectrumFigure() {
  const lines = report.spectrum.filter((one) => one.energy.length).map((one) => ({
    ...one, mode: one.model, xs: one.components.length ? one.components : one.energy.map((_, i) => i + 1), ys: one.energy, text: `${runName(one.run)}${one.model}` }));
  if (!lines.length) return [];
  const models = distinct(lines.map((line) => line.model));
  const need = (line) => line.xs[line.ys.findIndex((value) => value >= 0.9)];
  const config = () => ({ type: 'line', data: { datasets: lines.map((line) => ({
    ...lineStyle(line), borderColor: series(models.indexOf(line.model)), pointStyle: POINTS[models.indexOf(line.model) % POINTS.length], label: line.text, data: points(line.xs, line.ys, 100), pointRadius: 0, fill: false })) },
  options: lineOptions({ text: 'principal components', scale: { type: 'logarithmic' }, ticks: { callback: (value) => (/^[125]/.test(value.toExponential()) ? String(value) : '') } }, { text: 'cumulative energy, in %', scale: { min: 0, max: 100 } },
    { tooltip: { callbacks: { title: ([one]) => (one ? `${one.parsed.x} components` : ''), label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toFixed(1)} %` } }, mode: 'index', long: true }) });
  const words = lines.map((line) => `${line.text} needs ${known(need(line)) ? plural(need(line), 'component') : 'more components than shown'} for 90 %`).join('; ');
  return [new Figure('Cumulative energy of the spectrum', { config, note: `${words}.`, words: `Cumulative energy of the spectrum of embeddings. ${words}.`,
    numbers: () => [['components', ...lines.map((line) => line.text)], joined(lines, (value) => percent(value))] })];
}
