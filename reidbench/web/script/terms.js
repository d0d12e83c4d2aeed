// Lists of terms, and the marks and words of a result: status, selection, flags.

/** [[term, value], ...] as a list; a value that is not known is said to be so. */
function terms(pairs) {
  return h('dl', { className: 'terms' }, ...pairs.map(([term, ...value]) => h('div', null,
    h('dt', null, term), h('dd', null, ...value.map((one) => (known(one) && one !== '' ? one : 'not said'))))));
}

const code = (text) => (text ? h('code', null, text) : null);

const STATUS_WORDS = {
  reproduced: 'The maintainer ran the config again and got these figures.',
  rescored: 'Scored again by the maintainer from the submitted embeddings.',
  submitted: "The author's own result record. Nobody else has checked it.",
  reported: 'Copied from a paper or a README. The exact rules of evaluation are not known.',
};

const STATUSES = ['reproduced', 'rescored', 'submitted', 'reported'];
const SELECTIONS = {
  last: 'last step', val: 'best on val', test: 'best on test', untrained: 'untrained',
};
const selectionWord = (value) => {
  if (!value) return 'not said';
  return Object.hasOwn(SELECTIONS, value) ? SELECTIONS[value] : value;
};

const mark = (status) => h('span', { className: `mark ${STATUSES.includes(status) ? status : ''}`, 'aria-hidden': 'true' });
const statusCell = (row) => [h('span', { className: 'status' }, mark(row.status), row.status)];
const flag = (text) => h('span', { className: 'flag' }, h('b', { 'aria-hidden': 'true' }, '!'), foreign(text));

/** A condition that makes a figure look better than it is stands out by shape, not only colour. */
const caution = (text) => h('span', { className: 'caution' }, foreign(text));
