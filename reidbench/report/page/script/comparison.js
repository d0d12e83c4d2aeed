// Several runs: paired differences to the first, and in what their configs differ.

const signed = (value, digits = 1) => (known(value) ? `${value > 0 ? '+' : value < 0 ? '−' : ''}${(100 * Math.abs(value)).toFixed(digits)}` : NONE);

/** What the interval says, in words. */
function verdict(one) {
  if (!known(one.separable)) return 'one identity only: no interval';
  if (!one.separable) return 'cannot be told apart';
  return one.difference > 0 ? `${one.run} is higher` : `${one.run} is lower`;
}

/** The interval as a bar over a line with zero in its middle. */
function bar(one, reach) {
  const at = (value) => `${50 + (50 * value) / reach}%`;
  const track = h('span', { className: 'zero', 'aria-hidden': 'true' });
  if (one.interval) {
    const bar = h('i', { className: one.separable ? 'sure' : '' });
    bar.style.left = at(one.interval[0]);
    bar.style.right = `calc(100% - ${at(one.interval[1])})`;
    track.append(bar);
  }
  if (known(one.difference)) {
    const dot = h('b');
    dot.style.left = at(one.difference);
    track.append(dot);
  }
  return track;
}

function differencesOf(metric, all) {
  const rows = all.filter((one) => one.metric === metric);
  const reach = 1.08 * Math.max(1e-6, ...rows.flatMap((one) => [...(one.interval || []), one.difference || 0]).map(Math.abs));
  const first = RUNS[0]?.label ?? 'first';
  return h('section', { className: 'group' }, h('h3', null, metric), tableOf(`Differences in ${metric}`,
    ['Task', 'Mode', 'Run', first, 'Its value', 'Difference', '95 % interval', `lower  0  higher`, 'In words', 'p'],
    rows.map((one) => [foreign(taskName(one.task)), foreign(one.mode), foreign(one.run), percent(one.first), percent(one.value), h('b', null, signed(one.difference)),
      one.interval ? `${signed(one.interval[0])} to ${signed(one.interval[1])}` : NONE, bar(one, reach), h('span', { className: one.separable ? 'sure' : 'quiet' }, verdict(one)), known(one.p) ? (one.p < 0.001 ? '< 0.001' : one.p.toFixed(3)) : NONE]),
    { number: (i) => [3, 4, 5, 6, 9].includes(i), className: 'differences' }));
}

function placeComparison() {
  const { differences, config } = report.comparison;
  const metrics = distinct(differences.map((one) => one.metric));
  const parts = [];
  if (metrics.length) {
    const first = metrics.includes('mAP') ? 'mAP' : metrics[0];
    const choice = h('select', null, ...metrics.map((name) => new Option(name, name)));
    choice.value = first;
    const place = h('div', null, differencesOf(first, differences));
    choice.addEventListener('change', () => place.replaceChildren(differencesOf(choice.value, differences)));
    parts.push(h('p', { className: 'lead' }, `Each run minus ${RUNS[0]?.label ?? 'the first'}, query by query on the same queries, in points of a percentage. Where the interval holds 0, the runs cannot be told apart.`),
      h('label', { className: 'field short' }, h('span', null, 'Metric'), choice), place);
  }
  if (config.length) {
    const labels = distinct(config.flatMap((one) => Object.keys(one.values || {})));
    parts.push(h('section', { className: 'group' }, h('h3', null, 'In what the configs differ'),
      tableOf('Differences of the configs', ['Key', ...labels], config.map((one) => [h('code', null, one.path), ...labels.map((label) => foreign(said(one.values?.[label])))]), { number: () => false })));
  } else if (SEVERAL) {
    parts.push(h('p', null, 'The configs do not differ.'));
  }
  $('comparison').hidden = !metrics.length && !config.length;
  $('comparison').querySelector('.body').append(...parts);
}
