// What a run cost, how long its stages took, under which conditions, on what it was trained.

const COSTS = [
  ['parameters', 'Parameters', short], ['gflops', 'GFLOPs a query', short],
  ['bytes_per_item', 'Bytes a gallery item', count], ['query_ms', 'ms a query', short],
];

/** A heading for one run where there are several. */
const ofRun = (run, ...children) => h('div', { className: 'of-run' }, SEVERAL ? h('h4', null, h('b', { className: 'label' }, run.label), foreign(run.name)) : null, ...children);

function costPart() {
  const rows = RUNS.flatMap((run) => Object.entries(run.cost).map(([mode, cost]) => [
    foreign(lineName({ run: run.label, mode })), ...COSTS.map(([key, , text]) => (known(cost?.[key]) ? text(cost[key]) : NONE))]));
  if (!rows.length) return [];
  return [h('section', { className: 'group' }, h('h3', null, 'Cost'),
    tableOf('Cost by mode', [SEVERAL ? 'Run, mode' : 'Mode', ...COSTS.map(([, head]) => head)], rows),
    h('p', { className: 'quiet' }, 'A multiply-add counts as 2 operations. Times are those of the machine named under “Environment”.'))];
}

function stagesPart() {
  const runs = RUNS.filter((run) => run.stages.length);
  if (!runs.length) return [];
  const longest = Math.max(...runs.flatMap((run) => run.stages.map((stage) => stage.seconds || 0)), 1e-9);
  const bar = (stage) => {
    const length = h('span', { className: stage.taken ? 'bar taken' : 'bar' });
    length.style.width = `${Math.max(0.5, (100 * (stage.seconds || 0)) / longest)}%`;
    return h('span', { className: 'track' }, known(stage.seconds) ? length : null);
  };
  return [h('section', { className: 'group' }, h('h3', null, 'Stages'), ...runs.map((run) => ofRun(run,
    tableOf(`Stages of ${run.name}`, ['Stage', 'Time', '', '', 'Key'], run.stages.map((stage) => [
      stage.name, duration(stage.seconds), bar(stage), stage.taken ? 'made by an earlier run' : '', stage.key ? h('code', null, String(stage.key).slice(0, 8)) : null]), { number: (i) => i === 1, className: 'stages' }))))];
}

/** Names as rows, modes as columns; rows in which modes differ stand out. */
function conditionsPart() {
  const columns = RUNS.flatMap((run) => Object.entries(run.conditions).map(([mode, of]) => ({
    name: lineName({ run: run.label, mode }), values: new Map(flattened(of || {})) })));
  const names = distinct(columns.flatMap(({ values }) => [...values.keys()])).filter(Boolean);
  if (!names.length) return [];
  const rows = names.map((name) => {
    const cells = columns.map(({ values }) => (values.has(name) ? said(values.get(name)) : NONE));
    const differ = distinct(cells).length > 1;
    return [name.replaceAll('_', ' '), ...cells.map((text) => (differ ? h('b', null, foreign(text)) : foreign(text)))];
  });
  return [h('section', { className: 'group' }, h('h3', null, 'Conditions'), tableOf('Conditions by mode', ['', ...columns.map(({ name }) => name)], rows, { number: () => false }),
    columns.length > 1 ? h('p', { className: 'quiet' }, 'Bold: not the same in all columns.') : null)];
}

function dataPart() {
  const parts = RUNS.filter((run) => run.counts.length || run.trained_on.length).map((run) => ofRun(run,
    run.trained_on.length ? h('p', null, 'Trained on ', foreign(run.trained_on.join(', ')), '.') : null,
    run.counts.length ? tableOf('Items by split and modality', ['Split', 'Modality', 'Items', 'Identities'], run.counts.map((one) => [
      foreign(one.split ?? NONE), foreign(modality(one.modality ?? NONE)), known(one.items) ? count(one.items) : NONE, known(one.identities) ? count(one.identities) : NONE]), { number: (i) => i > 1 }) : null));
  return parts.length ? [h('section', { className: 'group' }, h('h3', null, 'Data'), ...parts)] : [];
}

function settingsPanels() {
  const several = (title, has, make) => {
    const runs = RUNS.filter(has);
    return runs.length ? [panel(title, '', ...runs.map((run) => ofRun(run, make(run))))] : [];
  };
  return [
    ...several('Config', (run) => run.config, configTree),
    ...several('Components', (run) => run.components.length, (run) => tableOf('Components', ['Kind', 'Name', 'Package', 'Version'], run.components.map((one) => [foreign(one.kind ?? NONE), foreign(one.name ?? NONE), foreign(one.package ?? NONE), foreign(one.version ?? NONE)]), { number: () => false })),
    ...several('Environment', (run) => run.environment, (run) => terms(flattened(run.environment).map(([name, value]) => [name, foreign(said(value))]))),
  ];
}

function placeFacts() {
  const parts = [...costPart(), ...stagesPart(), ...conditionsPart(), ...dataPart()];
  const panels = settingsPanels();
  $('facts-of-runs').hidden = !parts.length && !panels.length;
  $('facts-of-runs').querySelector('.body').append(...parts, h('div', { className: 'panels' }, ...panels));
}
