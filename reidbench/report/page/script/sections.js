// What plugins add: their Markdown, parsed before into a short list of elements, and pictures.

/** A node of the parsed text: a string, or [tag, children, value]. */
function built(node, assets, used) {
  if (typeof node === 'string') return node;
  const [tag, children, value] = node;
  const inner = () => children.map((one) => built(one, assets, used));
  if (tag === 'img') return pictureOf(value, children.join(''), assets, used);
  if (tag === 'a') {
    const address = link(value);
    if (!address.href) return h('span', null, ...inner());
    address.replaceChildren(...inner());
    return address;
  }
  if (tag === 'pre') return h('pre', { tabIndex: 0 }, h('code', null, ...inner()));
  // Below the section's own heading.
  const heading = /^h([1-6])$/.exec(tag);
  const element = h(heading ? `h${Math.min(6, 3 + Number(heading[1]))}` : tag, null, ...inner());
  return tag === 'table' ? h('div', { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Table' }, element) : element;
}

function pictureOf(name, words, assets, used) {
  if (!Object.hasOwn(assets, name)) return h('span', { className: 'quiet' }, `[${words || name}]`);
  used.add(name);
  return h('img', { src: assets[name], alt: words || name, loading: 'lazy' });
}

function sectionOf({ title, owner, body, assets, refused }) {
  const used = new Set();
  const text = body.map((node) => built(node, assets, used));
  const rest = Object.keys(assets).filter((name) => !used.has(name));
  return h('section', { className: 'group plugin' }, h('h3', null, foreign(title || 'Section'), ' ', owner ? h('span', { className: 'badge' }, foreign(owner)) : null),
    h('div', { className: 'prose' }, ...text),
    ...rest.map((name) => h('figure', null, pictureOf(name, '', assets, used), h('figcaption', { className: 'quiet' }, foreign(name)))),
    refused.length ? h('p', { className: 'quiet' }, 'Not shown, because not a picture of a known kind: ', foreign(refused.join(', '))) : null);
}

function placeSections() {
  $('plugins').hidden = !report.sections.length;
  $('plugins').querySelector('.body').append(...report.sections.map(sectionOf));
}
