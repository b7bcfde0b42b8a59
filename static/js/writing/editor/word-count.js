/* Words and minutes, counted as the server counts them; a block that did not change is not counted again. */

const SIGN = "\\u3040-\\u30ff\\u3400-\\u9fff\\uf900-\\ufaff";
const LETTER = `(?:(?![${SIGN}])[\\p{L}\\p{N}_])`;
const WORD = new RegExp(`[${SIGN}]|${LETTER}+(?:['’.-][\\p{L}\\p{N}_]+)*`, "gu");
const A_MINUTE = 230;

const counted = new WeakMap();

function wordsOf(block) {
  let count = counted.get(block);
  if (count === undefined) {
    count = 0;
    const count_ = (node) => {
      const words = node.textBetween(0, node.content.size, null, (leaf) => (leaf.type.name === "noteMark" ? "" : " "));
      count += words.replaceAll("\u00ad", "").match(WORD)?.length ?? 0;
    };
    if (block.type.name === "asItIs") count = block.attrs.html.replace(/<[^>]*>/g, " ").match(WORD)?.length ?? 0;
    else if (block.isTextblock) count_(block);
    else {
      block.descendants((node) => {
        if (node.isTextblock) count_(node);
        return !node.isTextblock;
      });
    }
    counted.set(block, count);
  }
  return count;
}

function countWords(doc) {
  let sum = 0;
  doc.forEach((block) => {
    if (block.type.name !== "endnotes") sum += wordsOf(block);
  });
  return sum;
}

export function showCount(place, doc) {
  const words = countWords(doc);
  const said = place.dataset.words
    .replace("%1", words.toLocaleString(document.documentElement.lang || undefined))
    .replace("%2", Math.max(1, Math.round(words / A_MINUTE)));
  if (place.textContent !== said) place.textContent = said;
}
