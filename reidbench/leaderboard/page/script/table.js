// The tables: one for each board. Rows are made when they are first shown, and then only moved.

// Rows of a board at the start: few where there are many boards, so that the page stays light.
const FIRST = Math.min(50, Math.max(10, Math.floor(240 / ALL_BOARDS.length)));
const MORE = 200; // rows that the button below a table adds

class Table {
  constructor(board) {
    this.board = board;
    this.limit = FIRST;
    this.columns = columnsOf(board);
    this.made = new Map();
    this.head = h('tr', { role: 'row' });
    this.body = h('tbody', { role: 'rowgroup' });
    this.more = h('button', { type: 'button', className: 'more', onclick: () => this.showMore() });
    const label = boardName(board);
    this.element = h('section', { className: 'board' },
      h('h3', { id: `board-${ALL_BOARDS.indexOf(board)}`, tabIndex: -1 }, ...label.heading),
      boardFacts(board),
      h('div', { className: 'scroll', role: 'region', 'aria-label': label.text },
        h('table', { role: 'table' }, h('thead', { role: 'rowgroup' }, this.head), this.body)),
      this.more);
    this.head.append(...this.columns.map((column) => this.heading(column)));
    this.body.addEventListener('click', (event) => this.clicked(event));
    this.body.addEventListener('keydown', (event) => this.pressed(event));
  }

  heading(column) {
    const button = h('button', { type: 'button', className: 'by-column', title: column.tip || '' }, column.head, h('i', { 'aria-hidden': 'true' }));
    button.addEventListener('click', () => sortBy(column));
    const classes = `${column.number ? 'number ' : ''}c-${column.metric ? 'metric' : column.key}`;
    column.th = h('th', { role: 'columnheader', scope: 'col', className: classes }, button);
    return column.th;
  }

  row(row) {
    if (!this.made.has(row)) {
      const cells = this.columns.map((column) => {
        const classes = `${column.number ? 'number ' : ''}c-${column.metric ? 'metric' : column.key}${column.key === state.metric ? ' chosen' : ''}`;
        return h('td', { role: 'cell', className: classes, 'data-label': column.head }, ...column.cell(row));
      });
      const tr = h('tr', { role: 'row' }, ...cells);
      tr.dataset.key = row.key;
      this.made.set(row, tr);
    }
    return this.made.get(row);
  }

  /** Shows those of `rows` (a Set) that stand on this board. Returns how many. */
  update(rows) {
    const left = this.board.rows.filter((row) => rows.has(row));
    this.element.hidden = !left.length;
    const shown = sorted(left, this.columns).slice(0, this.limit);
    const hidden = left.length - shown.length;
    this.more.hidden = !hidden;
    this.more.textContent = `Show ${Math.min(MORE, hidden)} more of ${plural(hidden, 'row')} not shown`;
    const same = shown.length === this.body.rows.length
      && shown.every((row, i) => this.body.rows[i].dataset.key === row.key);
    const group = this.columns.find((column) => column.key === state.sort)?.group;
    if (!same || this.stale) this.body.replaceChildren(...shown.map((row) => this.row(row)));
    this.stale = false;
    shown.forEach((row, i) => this.row(row).classList.toggle('begins', Boolean(group && i && group(row) !== group(shown[i - 1]))));
    return left.length;
  }

  /** Headings say how the table is sorted; the metric that ranks stands out. */
  dress() {
    for (const column of this.columns) {
      const active = column.key === state.sort;
      if (active) column.th.setAttribute('aria-sort', state.dir === 'up' ? 'ascending' : 'descending');
      else column.th.removeAttribute('aria-sort');
      column.th.classList.toggle('chosen', column.key === state.metric);
    }
  }

  /** Back to few rows: a page with all of them reacts slowly. */
  fold() {
    this.limit = FIRST;
  }

  /** Cells depend on the metric that ranks: make them again. */
  forget() {
    this.made.clear();
    this.stale = true;
  }

  showMore() {
    const at = this.body.rows.length;
    this.limit += MORE;
    this.update(filtered(state));
    this.body.rows[at]?.querySelector('.open').focus();
  }

  clicked(event) {
    const tr = event.target.closest('tr');
    if (!tr || event.target.closest('a') || getSelection().toString()) return;
    openRow(tr.dataset.key);
  }

  pressed(event) {
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    const next = step && event.target.closest('tr')?.[step];
    if (!next) return;
    event.preventDefault();
    next.querySelector('.open').focus();
  }
}

function boardName(board) {
  const text = board.reported
    ? `${board.first.dataset}: ${direction(board.first)}` : direction(board.first);
  const task = board.reported ? null : board.first.task;
  return { text, heading: [foreign(text), ...(task ? [' ', h('code', null, task)] : [])] };
}

/** What a reader must know to compare: sizes, chance, identity. */
function boardFacts(board) {
  const facts = [];
  const { task } = board;
  if (task) {
    const missing = task.n_query - task.n_valid;
    facts.push(`${plural(task.n_query, 'query', 'queries')}${missing ? ` (${count(missing)} without a match are left out)` : ''}`);
    const sizes = [task.n_gallery ?? []].flat();
    const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
    if (sizes.length) facts.push(`gallery of ${low === high ? count(low) : `${count(low)}–${count(high)}`} items${sizes.length > 1 ? `, ${sizes.length} trials` : ''}`);
    if (known(task.chance_R1)) facts.push(`R1 by chance ${percent(task.chance_R1)}\u00a0%`);
  }
  if (board.first.identity && !board.reported) {
    facts.push(h('span', { title: `Identity of the rules: ${board.first.identity}` }, 'rules ', h('code', null, board.first.identity.slice(0, 8))));
  }
  return h('p', { className: 'quiet facts' }, ...facts.flatMap((fact, i) => (i ? [' · ', fact] : [fact])));
}

function benchmarkHeading(benchmark, name) {
  if (!benchmark) return h('h2', null, foreign(name));
  const facts = [`data set ${benchmark.dataset}${benchmark.revision ? `, revision ${benchmark.revision}` : ''}`];
  if (known(benchmark.items)) facts.push(plural(benchmark.items, 'item'));
  if (benchmark.licence) facts.push(`licence ${benchmark.licence}`);
  const badges = [];
  if (benchmark.synthetic) badges.push(h('span', { className: 'badge' }, 'drawn by a program, not photographs'));
  if (benchmark.private) badges.push(h('span', { className: 'badge' }, 'has a private part'));
  return h('header', null,
    h('h2', null, foreign(benchmark.title || benchmark.name), ' ', ...badges),
    benchmark.description ? h('p', { className: 'lead' }, foreign(benchmark.description)) : null,
    h('p', { className: 'quiet' }, foreign(facts.join(' · '))));
}

const TABLES = ALL_BOARDS.map((board) => new Table(board));

/** Puts the tables on the page, those of one benchmark together. */
function placeTables() {
  let section = null;
  let name = null;
  for (const table of TABLES.filter(({ board }) => !board.reported)) {
    if (!section || name !== table.board.first.benchmark) {
      name = table.board.first.benchmark;
      section = h('section', { className: 'benchmark' }, benchmarkHeading(table.board.benchmark, name));
      document.getElementById('boards').append(section);
    }
    section.append(table.element);
  }
  const reported = TABLES.filter(({ board }) => board.reported);
  document.getElementById('reported-boards').append(...reported.map((table) => table.element));
}
