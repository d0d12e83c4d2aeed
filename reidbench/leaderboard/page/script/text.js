// Text of figures, and elements made from text. No string of the board is ever read as markup.

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

/** Places that a row lost (more than 0) or gained on the private part. */
function moved(places) {
  if (!known(places)) return NONE;
  if (!places) return 'same';
  return places > 0 ? `▼ ${places} lost` : `▲ ${-places} gained`;
}

/** Text from strangers: its writing direction stays its own. */
const foreign = (text, props) => h('bdi', props, text);

/** A link for http and https, plain text for anything else. */
function link(text) {
  let url = null;
  try { url = new URL(text); } catch { /* not an address */ }
  if (!url || !['http:', 'https:'].includes(url.protocol)) return foreign(text);
  return h('a', { href: url.href, rel: 'noopener noreferrer nofollow ugc' }, foreign(text));
}

/** A link to a file of the leaderboard, whose folder is the one above the page's. A path that
    leads anywhere else stays text. */
function fileLink(path) {
  if (/^[\\/]|[:\\]|[\x00-\x1f]/.test(path)) return foreign(path);
  const steps = (path.startsWith('.') ? path : `../${path}`).split('/').map((step) => encodeURIComponent(step));
  return h('a', { href: steps.join('/') }, foreign(path));
}

/** Runs `work` and writes down how long it took until the browser had painted what it changed. */
function timed(work) {
  const begin = performance.now();
  work();
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      document.documentElement.dataset.update = (performance.now() - begin).toFixed(1);
    };
    channel.port2.postMessage(null);
  });
}
