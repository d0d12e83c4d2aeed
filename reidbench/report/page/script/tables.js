// Tables and panels made from plain values.

/** A table that scrolls sideways by itself. `head`: headings; `rows`: lists of cells, the first of
    them the row's heading. Numbers stand right. A cell: text, number, element, or a list of these. */
function tableOf(label, head, rows, { number = () => true, className = '' } = {}) {
  const cell = (tag, value, i, props = {}) => h(tag, { ...props, className: i && number(i) ? 'number' : '' }, ...[value].flat());
  return h('div', { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': label },
    h('table', { className: `small ${className}` },
      h('thead', null, h('tr', null, ...head.map((one, i) => cell('th', one, i, { scope: 'col' })))),
      h('tbody', null, ...rows.map((row) => h('tr', null, ...row.map((one, i) => (
        i ? cell('td', known(one) ? one : NONE, i) : cell('th', known(one) ? one : NONE, i, { scope: 'row' })
      )))))));
}

/** A panel that opens. */
function panel(title, note, ...children) {
  return h('details', { className: 'panel' },
    h('summary', null, title, note ? h('span', { className: 'quiet' }, ` ${note}`) : null), ...children);
}

/** Facts in one line, a dot between two. */
const dotted = (facts, className = 'quiet') => h('p', { className },
  ...facts.flatMap((fact, i) => (i ? [' · ', fact] : [fact])));

/** A plain value of a setting as text. */
function said(value) {
  if (!known(value)) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Nested settings -> [["query.neck", value], ...] */
function flattened(value, where = '') {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[where, value]];
  return Object.entries(value).flatMap(([name, one]) => flattened(one, where ? `${where}.${name}` : name));
}

/** How long something took, in words. */
function duration(seconds) {
  if (!known(seconds)) return NONE;
  if (seconds < 60) return `${+seconds.toPrecision(3)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
