// What compact.py packed: items, thumbnails, runs, tasks, and the names that repeat everywhere.

const report = JSON.parse($('data').textContent);
const ITEMS = report.items.map(([id, pid, modality, camera, caption, thumb]) => ({
  id, pid, modality, camera, caption, picture: known(thumb) ? report.thumbs[thumb] : null,
}));

const distinct = (values) => [...new Set(values)];
const RUNS = report.runs;
const SEVERAL = RUNS.length > 1;
const RUN = new Map(RUNS.map((run) => [run.label, run]));
const METRICS = distinct(report.rows.flatMap((row) => Object.keys(row.metrics)));
const TASKS = distinct([report.tasks, report.rows, report.ranklists, report.cmc, report.ap, report.similarity]
  .flatMap((part) => part.map((one) => (part === report.tasks ? one.name : one.task))));
const TASK = new Map(report.tasks.map((task) => [task.name, task]));
const MODES = distinct([...report.rows, ...report.cmc, ...report.ap, ...report.similarity].map((row) => row.mode));

/** "A/edge" -> run and mode. */
function splitName(name) {
  const at = name.indexOf('/');
  return at < 0 ? { run: '', mode: name } : { run: name.slice(0, at), mode: name.slice(at + 1) };
}

/** What a run is called: nothing where there is only one. */
const runName = (label) => (SEVERAL ? `${label} ` : '');
/** What a list or a line is called. */
const lineName = ({ run, mode }) => `${runName(run)}${mode}`;

/** "IR → RGB" where the task's modalities are known, its name where not. */
function taskName(name) {
  const task = TASK.get(name);
  return task && task.query && task.gallery ? direction(task) : name;
}

const EXCLUSIONS = {
  same_instance: 'the photo behind the query is left out',
  same_pid_camera: 'the same person in the same camera is left out',
  same_location_any_pid: 'everyone at the same place is left out',
};

/** Number of queries, gallery, exclusion: what a reader must know of a task. */
function taskFacts(name) {
  const task = TASK.get(name);
  if (!task) return [];
  const facts = [];
  if (known(task.n_query)) {
    const lost = known(task.n_valid) ? task.n_query - task.n_valid : 0;
    facts.push(`${plural(task.n_query, 'query', 'queries')}${lost ? ` (${count(lost)} without a match are left out)` : ''}`);
  }
  const sizes = [task.n_gallery ?? []].flat();
  if (sizes.length) {
    const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
    facts.push(`gallery of ${low === high ? count(low) : `${count(low)}–${count(high)}`} items`);
  }
  if (task.exclude && task.exclude !== 'none') facts.push(Object.hasOwn(EXCLUSIONS, task.exclude) ? EXCLUSIONS[task.exclude] : `left out: ${task.exclude}`);
  if (task.trials) facts.push(`${plural(task.trials, 'trial')}, figures are their mean`);
  if (known(task.chance_R1)) facts.push(`R1 by chance ${percent(task.chance_R1)}\u00a0%`);
  return facts;
}
