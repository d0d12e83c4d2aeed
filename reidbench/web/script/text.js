// Text of figures, and elements made from text. No string of the data is ever read as markup.

/** An element. `props`: properties; those with a dash, and role, are attributes. */
function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (name.includes('-') || name === 'role') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const $ = (id) => document.getElementById(id);
const known = (value) => value !== null && value !== undefined;
const NONE = '–';
const collator = new Intl.Collator('en');

const percent = (fraction, digits = 1) => (known(fraction) ? (100 * fraction).toFixed(digits) : NONE);
const range = (pair, digits = 1) => (pair ? `${percent(pair[0], digits)}–${percent(pair[1], digits)}` : NONE);

/** 63400000 -> "63.4 M"; B for 10^9, as models are named */
function short(number) {
  if (!known(number)) return NONE;
  for (const [size, name] of [[1e9, ' B'], [1e6, ' M'], [1e3, ' k']]) {
    if (number >= size) return `${+(number / size).toPrecision(3)}${name}`;
  }
  return String(+Number(number).toPrecision(3));
}

const count = (number) => number.toLocaleString('en-US');
const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

const MODALITIES = {
  ir: 'IR', nir: 'near IR', rgb: 'RGB', thermal: 'thermal', sketch: 'sketch', text: 'text',
  color_pencil: 'colour pencil',
};
const modality = (name) => (Object.hasOwn(MODALITIES, name) ? MODALITIES[name] : name);
// A paper's words for a task may name no gallery.
const direction = (row) => (row.gallery ? `${modality(row.query || '?')} → ${modality(row.gallery)}` : modality(row.query || '?'));

/** Text from strangers: its writing direction stays its own. */
const foreign = (text, props) => h('bdi', props, text);

/** A link for http and https, plain text for anything else. */
function link(text) {
  let url = null;
  try { url = new URL(text); } catch { /* not an address */ }
  if (!url || !['http:', 'https:'].includes(url.protocol)) return foreign(text);
  return h('a', { href: url.href, rel: 'noopener noreferrer nofollow ugc' }, foreign(text));
}
