// How training went: the terms of the loss, and the validation figures.

const stageName = ({ run, stage }) => `${runName(run)}${stage}`;
const keyOf = (one) => JSON.stringify([one.run, one.stage, one.metric]);
const sets = (all) => distinct(all.map(keyOf)).map((key) => all.filter((one) => keyOf(one) === key));

function lossFigure(lines) {
  const values = lines.flatMap((line) => line.values).filter(known);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const logarithmic = low > 0 && high / low > 20;
  const config = () => ({ type: 'line', data: { datasets: lines.map((line, i) => ({
    label: line.term.replace(/^loss\//, ''), data: points(line.steps, line.values), borderColor: series(i), backgroundColor: series(i, 0.2),
    borderDash: DASHES[Math.floor(i / SERIES) % DASHES.length], pointStyle: POINTS[i % POINTS.length], pointRadius: line.steps.length < 60 ? 2.5 : 0, borderWidth: 1.75, spanGaps: true })) },
  options: lineOptions({ text: 'step' }, { text: `term, unweighted${logarithmic ? ' (logarithmic)' : ''}`, scale: logarithmic ? { type: 'logarithmic' } : {}, ticks: logarithmic ? { callback: (value) => (/^[125]/.test(value.toExponential()) ? short(value) : '') } : {} },
    { mode: 'index', tooltip: { callbacks: { title: ([one]) => (one ? `step ${count(one.parsed.x)}` : ''), label: ({ dataset, parsed }) => `${dataset.label}: ${+parsed.y.toPrecision(4)}` } } }) });
  const words = lines.map((line) => `${line.term}: ${+line.values[0].toPrecision(3)} at first, ${+line.values.at(-1).toPrecision(3)} at last`).join('; ');
  return new Figure(stageName(lines[0]), { config, wide: true, words: `Loss terms of ${stageName(lines[0])}. ${words}.`,
    numbers: () => [['step', ...lines.map((line) => line.term.replace(/^loss\//, ''))], joined(lines.map((line) => ({ xs: line.steps, ys: line.values })), (value) => String(+value.toPrecision(4)))] });
}

function validationFigure(lines) {
  const title = `${stageName(lines[0])}: ${lines[0].metric}`;
  const taken = lines.find((line) => known(line.taken))?.taken;
  const config = () => ({ type: 'line', data: { datasets: lines.map((line, i) => ({
    label: line.name, data: points(line.steps, line.values, 100), borderColor: series(i), backgroundColor: series(i, 0.5), pointStyle: POINTS[i % POINTS.length],
    pointRadius: line.steps.map((at) => (at === line.taken ? 9 : 3)), borderWidth: 1.75, spanGaps: true })) },
  options: lineOptions({ text: 'step' }, { text: `${lines[0].metric}, in %` }, { mode: 'index', tooltip: { callbacks: { title: ([one]) => (one ? `step ${count(one.parsed.x)}${one.parsed.x === taken ? ', taken' : ''}` : ''), label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toFixed(1)} %` } } }) });
  const words = lines.map((line) => `${line.name}: ${percent(line.values[0])} % at first, ${percent(line.values.at(-1))} % at last`).join('; ');
  return new Figure(title, { config, wide: true, note: known(taken) ? `Weights of step ${count(taken)} were taken (large points).` : '', words: `Validation of ${title}. ${words}.`,
    numbers: () => [['step', ...lines.map((line) => foreign(line.name))], joined(lines.map((line) => ({ xs: line.steps, ys: line.values })), (value) => percent(value, 2))] });
}

function placeTraining() {
  const whole = (all) => sets(all.filter((one) => one.steps.length && one.values.length === one.steps.length && one.values.some(known)));
  const parts = [...group('Losses', '', whole(report.losses).map(lossFigure)), ...group('Validation', '', whole(report.validation).map(validationFigure))];
  $('training').hidden = !parts.length;
  $('training').querySelector('.charts-of').append(...parts);
}
