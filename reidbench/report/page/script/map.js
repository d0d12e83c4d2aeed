// Embeddings in two dimensions: a point for each item, by modality or by identity. The item under
// the pointer is shown with its picture, and all items of the same person are ringed.

const tip = $('tip');
const MAPS = report.map.filter((one) => one.x.length && one.item.length === one.x.length);
const MAP_MODALITIES = distinct(MAPS.flatMap((one) => one.item.map((n) => ITEMS[n].modality))).map((one) => one ?? 'not said');
const hues = new Map(distinct(MAPS.flatMap((one) => one.item.map((n) => ITEMS[n].pid))).map((pid, i) => [pid, (i * 137.508) % 360]));
let marked = null; // the pid under the pointer

/** How light a colour must be to be seen on the paper of the moment, in percent. */
const lightness = () => (Number(/\d+/.exec(resolved('--paper'))?.[0] ?? 255) < 128 ? 66 : 40);

/** Items that the search names: an id, a part of one, or a pid. */
function searched(item) {
  const text = state.find.trim().toLowerCase();
  return Boolean(text) && (String(item.pid).toLowerCase() === text || item.id.toLowerCase().includes(text));
}

function mapDatasets(one) {
  const data = one.item.map((n, i) => ({ x: one.x[i], y: one.y[i], item: ITEMS[n] }));
  const identity = state.colour === 'identity';
  const light = lightness();
  const dots = MAP_MODALITIES.map((name, i) => {
    const own = data.filter(({ item }) => (item.modality ?? 'not said') === name);
    const colours = (alpha) => (identity ? own.map(({ item }) => `hsla(${hues.get(item.pid)}, 65%, ${light}%, ${alpha})`) : series(i, alpha));
    return { label: modality(name), data: own, pointStyle: POINTS[i % POINTS.length], pointRadius: 3.5, pointHoverRadius: 6,
      backgroundColor: colours(0.5), borderColor: colours(0.9), borderWidth: 1, hidden: false };
  }).filter((set) => set.data.length);
  const ringed = data.filter(({ item }) => searched(item) || (marked !== null && item.pid === marked));
  return [...dots, { label: '', data: ringed, pointStyle: 'circle', pointRadius: 9, pointHitRadius: 0, pointHoverRadius: 9,
    backgroundColor: 'transparent', borderColor: resolved('--ink'), borderWidth: 2 }];
}

function showTip({ chart, tooltip }) {
  const item = tooltip.opacity ? tooltip.dataPoints?.[0]?.raw.item : null;
  tip.hidden = !item;
  const pid = item ? item.pid : null;
  if (pid !== marked) {
    marked = pid;
    requestAnimationFrame(() => refresh(chart));
  }
  if (!item) return;
  tip.replaceChildren(...(item.picture || item.caption ? [shown(item, false)] : []), h('div', null, ...itemFacts(item).map(([name, value]) => h('p', null, h('span', { className: 'quiet' }, `${name} `), foreign(value)))));
  const box = chart.canvas.getBoundingClientRect();
  const x = box.left + tooltip.caretX;
  tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(8, Math.min(box.top + tooltip.caretY + 14, innerHeight - tip.offsetHeight - 8))}px`;
}

/** Draws the rings again; the dots stay. */
function refresh(chart) {
  if (!chart.ctx) return;
  const rings = mapDatasets(chart.of).at(-1);
  Object.assign(chart.data.datasets.at(-1), rings);
  chart.update('none');
}

function mapFigure(one) {
  const items = one.item.map((n) => ITEMS[n]);
  const spans = one.explained || [];
  const title = `${runName(one.run)}${one.model}`;
  const note = `${one.method || 'projection'}, ${plural(items.length, 'item')} of ${plural(distinct(items.map((item) => item.pid)).length, 'identity', 'identities')}${spans.length ? `; the two axes hold ${percent(spans[0], 0)} % and ${percent(spans[1] ?? 0, 0)} % of the variance` : ''}.`;
  const span = (n) => (known(spans[n]) ? ` (${percent(spans[n], 0)} %)` : '');
  const config = () => {
    const made = { type: 'scatter', data: { datasets: mapDatasets(one) }, options: {
      animation: false, maintainAspectRatio: false, responsive: true,
      interaction: { mode: 'nearest', intersect: true },
      scales: { x: axis(`first axis${span(0)}`, { scale: { grace: '4%' }, ticks: { display: false } }), y: axis(`second axis${span(1)}`, { scale: { grace: '4%' }, ticks: { display: false } }) },
      plugins: { legend: { labels: { usePointStyle: true, boxHeight: 7, color: resolved('--ink'), filter: ({ text }) => Boolean(text),
        generateLabels: (chart) => Chart.defaults.plugins.legend.labels.generateLabels(chart).map((label) => (state.colour === 'identity' && label.text ? { ...label, fillStyle: resolved('--quiet'), strokeStyle: resolved('--quiet') } : label)) } },
      tooltip: { enabled: false, external: showTip, filter: ({ dataset }) => Boolean(dataset.label) } } } };
    return made;
  };
  const groups = MAP_MODALITIES.map((name) => [name, one.item.map((_, i) => i).filter((i) => (items[i].modality ?? 'not said') === name)]).filter(([, own]) => own.length);
  const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const figure = new Figure(title, { config, wide: true, note, words: `Map of embeddings, ${title}: ${note} ${groups.map(([name, own]) => `${own.length} ${modality(name)}`).join(', ')}.`,
    numbers: () => [['modality', 'items', 'middle, first axis', 'middle, second axis'], groups.map(([name, own]) => [modality(name), own.length, average(own.map((i) => one.x[i])).toPrecision(3), average(own.map((i) => one.y[i])).toPrecision(3)])] });
  const draw = figure.draw.bind(figure);
  figure.draw = () => {
    draw();
    if (figure.chart) figure.chart.of = one;
  };
  figure.element.classList.add('map');
  return figure;
}

function placeMaps() {
  const maps = MAPS.map(mapFigure);
  const spectra = spectrumFigure();
  const parts = [...group('Map', 'Where colours mix and one person’s items lie together, the modalities share a space. Distances on a map of two axes are only a hint.', maps),
    ...group('Spectrum', '', spectra)];
  $('embeddings').hidden = !parts.length;
  $('map-tools').hidden = !maps.length;
  $('embeddings').querySelector('.charts-of').append(...parts);
  const change = () => {
    for (const figure of maps) figure.again();
    const found = distinct(MAPS.flatMap((one) => one.item)).map((n) => ITEMS[n]).filter(searched);
    $('found').textContent = state.find.trim() ? `${plural(found.length, 'item')} of ${plural(distinct(found.map((item) => item.pid)).length, 'identity', 'identities')} ringed` : '';
    writeState();
  };
  $('colour').addEventListener('change', () => {
    state.colour = $('colour').value;
    change();
  });
  $('find').addEventListener('input', () => {
    state.find = $('find').value;
    change();
  });
  addEventListener('scroll', () => { tip.hidden = true; }, { passive: true });
  return () => {
    if (!['modality', 'identity'].includes(state.colour)) state.colour = 'modality';
    $('colour').value = state.colour;
    $('find').value = state.find;
    change();
  };
}
