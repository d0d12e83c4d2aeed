// A chart with its title, its numbers as a table, and an account of it in words. It is drawn when
// it comes into view.

const FIGURES = [];
const watch = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) target.figure.draw();
}, { rootMargin: '300px' });

class Figure {
  /** config(): Chart.js settings, with the colours of the moment. numbers(): [head, rows].
      words: what a reader who cannot see the chart has to know. */
  constructor(title, { config, numbers, words, note = '', wide = false }) {
    this.config = config;
    this.canvas = h('canvas', { role: 'img', 'aria-label': words });
    const table = h('details', { className: 'numbers' }, h('summary', null, 'Numbers'));
    table.addEventListener('toggle', () => {
      if (table.open && table.children.length === 1) table.append(tableOf(`Numbers of: ${title}`, ...numbers()));
    });
    this.element = h('figure', { className: wide ? 'chart wide' : 'chart' },
      h('figcaption', null, h('h4', null, foreign(title)), note ? h('p', { className: 'quiet' }, note) : null),
      h('div', { className: 'canvas' }, this.canvas), table);
    this.element.figure = this;
    this.chart = null;
    FIGURES.push(this);
    watch.observe(this.element);
  }

  draw() {
    if (this.chart || !this.element.clientWidth) return;
    this.chart = new Chart(this.canvas, this.config());
    this.element.dataset.drawn = '';
  }

  again() {
    if (!this.chart) return;
    this.chart.destroy();
    this.chart = null;
    this.draw();
  }
}

function redraw() {
  for (const figure of FIGURES) figure.again();
}

// On paper: all charts, those too that were not scrolled to.
addEventListener('beforeprint', () => {
  for (const figure of FIGURES) if (!figure.chart) figure.draw();
});

const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

/** Colour by mode, dashes by run: a line is told apart without its colour, too. */
function lineStyle({ run, mode }) {
  const n = Math.max(0, MODES.indexOf(mode));
  return { borderColor: series(n), backgroundColor: series(n, 0.16), pointStyle: POINTS[n % POINTS.length],
    borderDash: DASHES[Math.max(0, RUNS.findIndex(({ label }) => label === run)) % DASHES.length], borderWidth: 2 };
}

/** Settings that all line charts share. Lines without a label are bands: they have no legend.
    long: the legend shows a piece of the line, not its point. */
function lineOptions(x, y, { tooltip = {}, mode = 'nearest', long = SEVERAL } = {}) {
  return {
    animation: false, maintainAspectRatio: false, responsive: true, normalized: true,
    interaction: { mode, axis: 'x', intersect: false },
    scales: { x: axis(x.text, { scale: { type: 'linear', ...x.scale }, ticks: { maxRotation: 0, ...x.ticks } }),
      y: axis(y.text, { scale: y.scale || {}, ticks: y.ticks || {} }) },
    plugins: {
      legend: {
        labels: { usePointStyle: true, boxHeight: 7, pointStyleWidth: long ? 26 : undefined, color: resolved('--ink'), filter: ({ text }) => Boolean(text),
          generateLabels: (chart) => Chart.defaults.plugins.legend.labels.generateLabels(chart).map((label) => {
            const { borderColor, borderDash } = chart.data.datasets[label.datasetIndex];
            return { ...label, pointStyle: long ? 'line' : label.pointStyle, strokeStyle: borderColor, fillStyle: borderColor, lineWidth: 2, lineDash: borderDash || [] };
          }) },
        onClick: (event, { datasetIndex }, { chart }) => {
          const on = !chart.isDatasetVisible(datasetIndex);
          chart.data.datasets.forEach((one, i) => {
            if (i === datasetIndex || one.bandOf === chart.data.datasets[datasetIndex].key) chart.setDatasetVisibility(i, on);
          });
          chart.update();
        },
      },
      tooltip: { filter: ({ dataset }) => Boolean(dataset.label), ...tooltip },
    },
  };
}

const points = (xs, ys, factor = 1) => xs.map((x, i) => ({ x, y: known(ys[i]) ? ys[i] * factor : null }));
/** At most `most` of the rows, evenly; the last one always. */
function thinned(rows, most = 25) {
  if (rows.length <= most) return rows;
  return Array.from({ length: most }, (_, i) => rows[Math.round((i * (rows.length - 1)) / (most - 1))]);
}
/** The value of each x in several lines, as rows of a table. */
function joined(lines, text) {
  const xs = distinct(lines.flatMap((line) => line.xs)).sort((a, b) => a - b);
  const at = lines.map((line) => new Map(line.xs.map((x, i) => [x, line.ys[i]])));
  return thinned(xs).map((x) => [count(x), ...at.map((one) => (known(one.get(x)) ? text(one.get(x)) : NONE))]);
}
