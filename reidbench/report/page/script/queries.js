// Which queries there are, and which of them the reader's choice leaves.

const WHYS = ['best', 'median', 'worst', 'random', 'changed'];
const WHY_WORDS = {
  best: 'best', median: 'in the middle', worst: 'worst', random: 'drawn at random',
  changed: 'changed most between runs',
};

/** Queries of all tasks, with their item and the text that is searched. */
const QUERIES = report.ranklists.flatMap(({ task, queries, reasons }) => queries.map((query) => {
  const item = ITEMS[query.item];
  const lists = Object.entries(query.lists).map(([name, hits]) => ({
    ...splitName(name), key: name, hits: hits.map((hit) => unpackHit(hit, reasons)),
  }));
  const hay = [item.id, item.pid, item.caption].filter(known).join(' ').toLowerCase();
  return { task, item, why: query.why, ap: query.AP, lists, hay };
}));
const QUERY_TASKS = distinct(QUERIES.map((query) => query.task));

/** Whether a query fits the search: all words in its own id, pid and caption, or the whole search
    is the id of an item in one of its lists. */
function fits(query, words, whole) {
  return words.every((word) => query.hay.includes(word))
    || query.lists.some((list) => list.hits.some((hit) => hit.item.id.toLowerCase() === whole));
}

/** The queries that fit the search, of all tasks; and those of the chosen task and kind. */
function chosenQueries() {
  const whole = state.q.trim().toLowerCase();
  const words = whole.split(/\s+/).filter(Boolean);
  const all = words.length ? QUERIES.filter((query) => fits(query, words, whole)) : QUERIES;
  return { all, left: all.filter((query) => query.task === state.task && (!state.why || query.why.includes(state.why))) };
}

const listsOf = (query) => query.lists.filter((list) => (!state.run || list.run === state.run) && (!state.mode || list.mode === state.mode));
