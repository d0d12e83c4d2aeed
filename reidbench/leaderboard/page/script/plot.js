// Quality against cost, for one board at a time: points of two boards cannot be compared.

const plotPanel = document.getElementById('plot');
let chart = null;

/** Rows that no other row beats at the same or a lower cost, by rising cost. */
function frontier(points) {
  const best = [];
  for (const point of [...points].sort((a, b) => a.x - b.x || b.y - a.y)) {
    if (!best.length || point.y > best.at(-1).y) best.push(point);
  }
  return best;
}

function plotted(rows) {
  const board = BOARDS.find((one) => one.id === state.board) || BOARDS[0];
  const all = board.rows.filter((row) => rows.has(row) && known(row.metrics[state.metric]));
  const points = all.filter((row) => row.cost[state.cost] > 0)
    .map((row) => ({ x: row.cost[state.cost], y: 100 * row.metrics[state.metric], row }));
  const modes = [...new Set(board.rows.map((row) => row.mode || 'not said'))].sort();
  return { board, points, modes, missing: all.length - points.length };
}

function datasets({ points, modes }) {
  const each = modes.map((mode, i) => ({
    label: mode,
    data: points.filter(({ row }) => (row.mode || 'not said') === mode),
    pointStyle: POINTS[i % POINTS.length], pointRadius: 6, pointHoverRadius: 9, borderWidth: 1.5,
    backgroundColor: series(i, 0.55), borderColor: series(i),
  }));
  return [...each, {
    type: 'line', label: 'best for its cost', data: frontier(points), stepped: true, pointRadius: 0,
    pointHitRadius: 0, pointStyle: 'line', borderColor: resolved('--quiet'), borderDash: [4, 4], borderWidth: 1.5,
  }];
}

/** Over a wide range 1, 2, 5, 10, 20, ...; over a narrow one even steps. */
function ticksBetween(low, high) {
  const ticks = [];
  if (high / low >= 8) {
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
      ticks.push(...[1, 2, 5].map((digit) => digit * 10 ** power));
    }
  } else {
    const ten = 10 ** Math.floor(Math.log10(high - low));
    const step = [0.1, 0.2, 0.5].map((part) => part * ten).find((one) => (high - low) / one <= 8) || ten;
    for (let n = Math.ceil(low / step); n * step <= high; n += 1) ticks.push(n * step);
  }
  return ticks.filter((value) => value >= low && value <= high).map((value) => ({ value }));
}

/** With room beside the outermost points. */
function costAxis(size, points) {
  const costs = points.map(({ x }) => x);
  const [low, high] = [Math.min(...costs) / 1.15, Math.max(...costs) * 1.15];
  return axis(`${size.long} (logarithmic)`, {
    scale: {
      type: 'logarithmic',
      ...(costs.length ? { min: low, max: high, afterBuildTicks: (scale) => { scale.ticks = ticksBetween(low, high); } } : {}),
    },
    ticks: { autoSkip: true, autoSkipPadding: 12, maxRotation: 0, callback: (value) => size.text(+value.toPrecision(3)) },
  });
}

function options(size, points) {
  return {
    animation: false, maintainAspectRatio: false, responsive: true,
    scales: {
      x: costAxis(size, points),
      y: axis(`${state.metric} in percent`, { scale: { grace: '8%' } }),
    },
    plugins: {
      legend: { labels: { usePointStyle: true, color: resolved('--ink') } },
      tooltip: {
        filter: (item) => Boolean(item.raw.row) && item.dataset.type !== 'line',
        callbacks: {
          label: ({ raw: { row } }) => `${row.title}, ${row.mode || 'mode not said'}: ${state.metric} ${percent(row.metrics[state.metric])}${row.interval[state.metric] ? ` (${range(row.interval[state.metric])})` : ''}, ${size.text(row.cost[state.cost])}${size.unit}`,
          title: () => '',
        },
      },
    },
    onClick: (event, found) => {
      const row = found.map((one) => chart.data.datasets[one.datasetIndex].data[one.index]?.row).find(Boolean);
      if (row) openRow(row.key);
    },
  };
}

/** Draws the plot if its panel is open. `rows`: what the filters leave. */
function drawPlot(rows) {
  if (!plotPanel.open || !BOARDS.length) return;
  const what = plotted(rows);
  const size = SIZES.find((one) => one.key === state.cost) || SIZES[0];
  const canvas = document.getElementById('canvas');
  canvas.parentElement.hidden = !what.points.length;
  const where = boardName(what.board).text;
  canvas.setAttribute('aria-label', `${state.metric} against ${size.long}, ${plural(what.points.length, 'row')} of ${where}. The same figures stand in the tables and in the details of each row.`);
  document.getElementById('plot-note').textContent = `${plural(what.points.length, 'row')}, as the filters leave them. ${what.missing ? `${plural(what.missing, 'row')} without this figure cannot be drawn. ` : ''}Dashed: rows that no other row beats at the same or a lower cost. A click on a point opens its details.`;
  const config = { type: 'scatter', data: { datasets: datasets(what) }, options: options(size, what.points) };
  if (chart) {
    chart.data = config.data;
    chart.options = config.options;
    chart.update('none');
  } else {
    chart = new Chart(canvas, config);
  }
}

function fillPlotChoices() {
  const boards = BOARDS.map((board) => new Option(`${board.benchmark?.title || board.first.benchmark}: ${boardName(board).text}`, board.id));
  document.getElementById('plot-board').append(...boards);
  const sizes = SIZES.filter(({ key }) => ROWS.some((row) => known(row.cost[key])));
  document.getElementById('plot-cost').append(...sizes.map(({ key, long }) => new Option(long, key)));
  EMPTY.cost = sizes[0]?.key || '';
  plotPanel.hidden = !BOARDS.length || !sizes.length;
}
