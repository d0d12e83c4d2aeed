// One item, as a picture or as its caption; one place of a rank list.

/** A picture of an item, its caption, or a word for there being neither. */
function shown(item, lazy = true) {
  const gone = (text) => h('span', { className: 'nothing' }, text);
  if (item.picture) {
    const words = [item.modality ? modality(item.modality) : 'item', item.id].join(' ');
    const image = h('img', { alt: words, loading: lazy ? 'lazy' : 'eager', decoding: 'async', src: item.picture });
    image.addEventListener('error', () => image.replaceWith(gone('the picture is gone')));
    return image;
  }
  if (item.caption) return h('q', { className: 'caption', title: item.caption }, foreign(item.caption));
  return gone('no picture');
}

/** Everything that is known of an item, as lines of text. */
const itemFacts = (item) => [['item', item.id], ['pid', item.pid], ['camera', item.camera],
  ['modality', item.modality && modality(item.modality)], ['caption', item.picture ? item.caption : null]].filter(([, value]) => known(value) && value !== '');

const VERDICTS = {
  right: ['✓', 'right'], wrong: ['✕', 'wrong'], excluded: ['⊘', 'left out'],
};

/** [item, rank, similarity, right, reason?] of a packed list, by name. */
function unpackHit([item, rank, similarity, right, reason], reasons) {
  const excluded = known(reason) ? reasons[reason] : null;
  return { item: ITEMS[item], rank, similarity, excluded, kind: known(excluded) ? 'excluded' : right ? 'right' : 'wrong' };
}

function hitCard(hit) {
  const [sign, word] = VERDICTS[hit.kind];
  const similarity = known(hit.similarity) ? hit.similarity.toFixed(3) : NONE;
  const card = h('li', { className: `hit ${hit.kind}`, title: itemFacts(hit.item).map(([name, value]) => `${name}: ${value}`).join('\n') },
    h('div', { className: 'frame' }, shown(hit.item)),
    h('p', { className: 'place' }, h('b', null, known(hit.rank) ? String(hit.rank) : NONE), ' ',
      h('span', { className: 'quiet' }, similarity)),
    h('p', { className: 'verdict' }, h('span', { 'aria-hidden': 'true' }, sign), ` ${word}`),
    hit.excluded ? h('p', { className: 'reason' }, foreign(hit.excluded)) : h('p', { className: 'reason' }, foreign(hit.item.pid ?? '')));
  card.dataset.item = hit.item.id;
  return card;
}

/** The hits of several lists as one table, with all that is known of each item. */
function hitsTable(lists) {
  const rows = lists.flatMap(({ name, hits }) => hits.map((hit) => [
    foreign(name), hit.rank, known(hit.similarity) ? hit.similarity.toFixed(4) : null,
    hit.excluded ? foreign(`left out: ${hit.excluded}`) : hit.kind,
    h('code', null, hit.item.id), known(hit.item.pid) ? foreign(hit.item.pid) : null,
    known(hit.item.camera) ? foreign(hit.item.camera) : null, hit.item.caption ? foreign(hit.item.caption) : null]));
  return tableOf('Places of the rank lists', ['List', 'Rank', 'Similarity', 'Verdict', 'Item', 'pid', 'Camera', 'Caption'], rows, { number: (i) => i === 1 || i === 2 });
}

/** Marks the same item in all lists under the pointer. */
function markSame(root) {
  let last = null;
  root.addEventListener('pointerover', (event) => {
    const item = event.target.closest('.hit')?.dataset.item ?? null;
    if (item === last) return;
    last = item;
    for (const one of root.querySelectorAll('.hit')) one.classList.toggle('same', item !== null && one.dataset.item === item);
  });
  root.addEventListener('pointerleave', () => {
    last = null;
    for (const one of root.querySelectorAll('.same')) one.classList.remove('same');
  });
}
