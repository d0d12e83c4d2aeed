// The page from its parts, and what happens when its address changes.

/** The list of parts. A click goes there and leaves the reader's choice in the address. */
function placeContents() {
  for (const part of document.querySelectorAll('main > .part')) {
    if (part.hidden) continue;
    const go = h('a', { href: `#at=${part.id}` }, part.querySelector('h2').textContent);
    go.addEventListener('click', (event) => {
      event.preventDefault();
      part.querySelector('h2').focus({ preventScroll: true });
      part.scrollIntoView();
      state.at = part.id;
      writeState();
    });
    part.querySelector('h2').tabIndex = -1;
    $('contents').append(go);
  }
}

function start() {
  const facts = [...distinct(RUNS.map((run) => run.dataset).filter(Boolean)), ...distinct(RUNS.map((run) => run.protocol).filter(Boolean))];
  $('facts').textContent = facts.length ? `${facts.join(' · ')}.` : '';
  placeResults();
  placeRanks();
  placeCurves();
  const showMaps = placeMaps();
  placeTraining();
  placeComparison();
  placeFacts();
  placeSections();
  placeContents();
  themeButton(redraw);
  $('skip').addEventListener('click', (event) => {
    event.preventDefault();
    $('results').querySelector('h2').focus();
  });
  const follow = () => {
    readState();
    if (QUERIES.length) {
      showChoices();
      updateRanks();
    }
    if (MAPS.length) showMaps();
    const part = [...document.querySelectorAll('main > .part')].find((one) => one.id === state.at && !one.hidden);
    if (part) part.scrollIntoView();
  };
  addEventListener('hashchange', follow);
  follow();
}

start();
