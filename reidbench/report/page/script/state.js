// What the reader chose, kept in the address after `#`, so that a link shows the same.

const EMPTY = { task: '', why: '', q: '', run: '', mode: '', query: '', colour: 'modality', find: '', at: '' };
const state = { ...EMPTY };

function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const key of Object.keys(EMPTY)) state[key] = given.get(key) ?? EMPTY[key];
}

/** The address of the page as it stands, with `changed`. */
function address(changed = {}) {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...state, ...changed })) {
    if (value !== EMPTY[key]) given.set(key, value);
  }
  return `#${given}`;
}

let writing = 0;
/** Into the address: after a pause, since browsers allow only so many changes a second. */
function writeState() {
  clearTimeout(writing);
  writing = setTimeout(() => history.replaceState(null, '', address()), 150);
}
