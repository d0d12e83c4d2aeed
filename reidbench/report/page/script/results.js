// What ran and what came out: caveats, and the table of figures by task and mode.

/** Reasons to be careful with the figures, worst first. */
function caveats() {
  const found = [];
  const collapsed = report.rows.filter((row) => row.collapsed);
  if (collapsed.length) {
    found.push(`Collapsed: embeddings of different items are nearly the same in ${distinct(collapsed.map(lineName)).join(', ')}. Its figures say nothing about retrieval.`);
  }
  const chosen = RUNS.filter((run) => Object.values(run.conditions).some((of) => flattened(of).some(([name, value]) => /(^|\.)selection$/.test(name) && value === 'test')));
  if (chosen.length) found.push(`The weights were chosen by the test split itself${SEVERAL ? ` (${chosen.map((run) => run.label).join(', ')})` : ''}: these figures are too optimistic.`);
  const drawn = RUNS.filter((run) => run.synthetic);
  if (drawn.length) found.push(`The data set ${distinct(drawn.map((run) => run.dataset || 'of this run')).join(', ')} is drawn by a program. Nothing here says anything about photographs of people.`);
  if (report.tasks.some((task) => task.trials)) found.push('Some tasks are repeated with several galleries (trials). Figures are means over them; the rank lists are those of the first trial.');
  return found;
}

function metricCell(row, name) {
  const cells = [h('span', { className: 'value' }, percent(row.metrics[name]))];
  if (row.interval[name]) cells.push(h('span', { className: 'interval' }, range(row.interval[name])));
  const bracket = row.bracket[name];
  // Shown only where it is wide enough to change the figure as printed.
  if (bracket && percent(bracket[0]) !== percent(bracket[1])) {
    cells.push(h('span', { className: 'interval', title: 'Lowest and highest value that reordering equal similarities can give' }, `ties ${range(bracket)}`));
  }
  return cells;
}

function resultLines(task) {
  const rows = report.rows.filter((row) => row.task === task);
  return rows.flatMap((row) => {
    const name = [foreign(lineName(row)), ...(row.collapsed ? [flag('collapsed')] : [])];
    const first = h('tr', null, h('th', { scope: 'row' }, ...name),
      ...METRICS.map((metric) => h('td', { className: 'number' }, ...metricCell(row, metric))));
    if (!row.last) return [first];
    const label = known(row.last.step) ? `last step (${count(row.last.step)})` : 'last step';
    return [first, h('tr', { className: 'last' }, h('th', { scope: 'row' }, label),
      ...METRICS.map((metric) => h('td', { className: 'number' }, percent(row.last.metrics?.[metric]))))];
  });
}

function resultsTable() {
  const bodies = distinct(report.rows.map((row) => row.task)).map((task) => h('tbody', null,
    h('tr', { className: 'of-task' }, h('th', { colSpan: 1 + METRICS.length, scope: 'rowgroup' },
      foreign(taskName(task)), ' ', h('code', null, task), dotted(taskFacts(task), 'quiet facts'))),
    ...resultLines(task)));
  return h('div', { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Figures by task and mode' },
    h('table', { className: 'results' },
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, SEVERAL ? 'Run, mode' : 'Mode'),
        ...METRICS.map((name) => h('th', { scope: 'col', className: 'number' }, name)))), ...bodies));
}

function runCard(run) {
  const facts = [run.protocol && ['protocol ', code(run.protocol)],
    run.dataset && [foreign(`${run.dataset}${run.revision ? ` ${run.revision}` : ''}`)],
    run.licence && [foreign(`licence ${run.licence}`)], known(run.seed) && [`seed ${run.seed}`]].filter(Boolean);
  const status = run.status ? [h('span', { className: 'status' }, mark(run.status), run.status)] : [];
  return h('p', { className: 'run' }, SEVERAL ? h('b', { className: 'label' }, run.label) : null, h('b', null, foreign(run.name || 'run without a name')), ' ',
    run.synthetic ? h('span', { className: 'badge' }, 'drawn by a program, not photographs') : null, ' ',
    h('span', { className: 'quiet' }, ...[...facts, status].filter((one) => one.length).flatMap((fact, i) => (i ? [' · ', ...fact] : fact))));
}

function placeResults() {
  const parts = [...RUNS.map(runCard)];
  const warnings = caveats();
  if (warnings.length) parts.push(h('ul', { className: 'notice' }, ...warnings.map((text) => h('li', null, foreign(text)))));
  if (report.rows.length) {
    parts.push(resultsTable(), h('p', { className: 'quiet' }, 'Figures in percent; below a figure its 95 % interval (identities resampled).',
      report.rows.some((row) => row.last) ? ' The weights were chosen by a validation split; the line “last step” gives the figures without that choice.' : ''));
  } else {
    parts.push(h('p', null, 'No task was scored.'));
  }
  if (report.missing.length) {
    parts.push(h('details', { className: 'panel missing', open: report.missing.length < 4 },
      h('summary', null, 'Not shown ', h('span', { className: 'quiet' }, `(${count(report.missing.length)})`)),
      h('ul', null, ...report.missing.map((text) => h('li', null, foreign(text))))));
  }
  $('results-body').append(...parts);
  $('lead').textContent = distinct(report.rows.map((row) => row.task)).length
    ? `${plural(distinct(report.rows.map((row) => row.task)).length, 'task')} · ${plural(MODES.length, 'deployment mode')}${SEVERAL ? ` · ${plural(RUNS.length, 'run')}` : ''}` : '';
  $('lead').hidden = !$('lead').textContent;
}
