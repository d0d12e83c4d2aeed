// A config as a tree that folds. All of it stands in the page, so the browser's search finds it.

const leaf = (value) => h('span', { className: `value ${typeof value}` }, foreign(typeof value === 'string' ? JSON.stringify(value) : said(value)));
const isBranch = (value) => value !== null && typeof value === 'object'
  && Object.values(value).some((one) => one !== null && typeof one === 'object' || !Array.isArray(value));

function branch(name, value, depth) {
  const label = h('span', { className: 'name' }, foreign(name));
  if (!isBranch(value)) return h('li', null, label, ' ', leaf(value));
  const entries = Array.isArray(value) ? value.map((one, i) => [String(i), one]) : Object.entries(value);
  const type = typeof value.type === 'string' ? value.type : '';
  return h('li', null, h('details', { open: depth < 2 }, h('summary', null, label, ' ', h('span', { className: 'quiet' }, foreign(type || `{${entries.length}}`))),
    h('ul', null, ...entries.map(([key, one]) => branch(key, one, depth + 1)))));
}

function configTree(run) {
  const tree = h('ul', { className: 'tree' }, ...Object.entries(run.config).map(([name, value]) => branch(name, value, 0)));
  const all = (open) => {
    const button = h('button', { type: 'button', className: 'small' }, open ? 'Open all' : 'Fold all');
    button.addEventListener('click', () => { for (const one of tree.querySelectorAll('details')) one.open = open; });
    return button;
  };
  return h('div', null, h('p', { className: 'fold' }, all(true), ' ', all(false)), tree);
}
