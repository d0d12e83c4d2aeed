// The button that changes between the system's theme, light and dark.

const THEMES = ['system', 'light', 'dark'];
const theme = () => document.documentElement.dataset.theme || 'system';

/** Makes the button work. `redraw`: draws again what took its colours from the theme. */
function themeButton(redraw) {
  const button = $('theme');
  const say = () => { button.textContent = `Theme: ${theme()}`; };
  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
    if (next === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try { localStorage.setItem('theme', next); } catch { /* storage may be forbidden */ }
    say();
    redraw();
  });
  say();
  dressForPaper(redraw);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}

/** Paper is white: charts are drawn for it, and back afterwards. */
function dressForPaper(redraw) {
  let before = 'system';
  addEventListener('beforeprint', () => {
    before = theme();
    document.documentElement.dataset.theme = 'light';
    redraw();
  });
  addEventListener('afterprint', () => {
    if (before === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = before;
    redraw();
  });
}
