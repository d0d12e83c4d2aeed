// Text and links that only a leaderboard has.

/** Places that a row lost (more than 0) or gained on the private part. */
function moved(places) {
  if (!known(places)) return NONE;
  if (!places) return 'same';
  return places > 0 ? `▼ ${places} lost` : `▲ ${-places} gained`;
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
