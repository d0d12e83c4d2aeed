// What all charts share: colours of the theme, points told apart by shape, axes.

const SERIES = 6; // colours that base.css has for series
const POINTS = ['circle', 'triangle', 'rect', 'rectRot', 'star', 'cross', 'crossRot'];

/** The colour behind a variable: `light-dark()` is resolved only where a colour is used. */
function resolved(name) {
  const probe = h('span', { hidden: true });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** The n-th colour of a series, as opaque as `alpha` says. */
const series = (n, alpha = 1) => resolved(`--series-${1 + (n % SERIES)}`)
  .replace('rgb(', 'rgba(').replace(')', `, ${alpha})`);

function axis(text, more) {
  return { title: { display: true, text, color: resolved('--ink') }, ticks: { color: resolved('--quiet'), ...more.ticks },
    grid: { color: resolved('--line') }, border: { color: resolved('--quiet') }, ...more.scale };
}
