// The reader's choice of light or dark, set before anything is painted.
(() => {
  'use strict';
  let kept = null;
  try { kept = localStorage.getItem('theme'); } catch { /* storage may be forbidden */ }
  if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept;
})();
