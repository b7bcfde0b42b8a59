/* Counts words and reading minutes as the server does; a block that did not change is not counted again. */

const CJK = "\\u3040-\\u30ff\\u3400-\\u9fff\\uf900-\\ufaff";
const LETTER = `(?:(?![${CJK}])[\\p{L}\\p{N}_])`;
const WORD = new RegExp(`[${CJK}]|${LETTER}+(?:['’.-][\\p{L}\\p{N}_]+)*`, "gu");
const WORDS_PER_MINUTE = 230;

const counts = new WeakMap();

function countBlock(block) {
  let count = counts.get(block);
  if (count === undefined) {
    count = 0;
    const countText = (node) => {
      const text = node.textBetween(0, node.content.size, null, (leaf) => (leaf.type.name === "noteMark" ? "" : " "));
      count += text.replaceAll("\u00ad", "").match(WORD)?.length ?? 0;
    };
    if (block.type.name === "rawHtml") count = block.attrs.html.replace(/<[^>]*>/g, " ").match(WORD)?.length ?? 0;
    else if (block.isTextblock) countText(block);
    else {
      block.descendants((node) => {
        if (node.isTextblock) countText(node);
        return !node.isTextblock;
      });
    }
    counts.set(block, count);
  }
  return count;
}

function countWords(doc) {
  let sum = 0;
  doc.forEach((block) => {
    if (block.type.name !== "endnotes") sum += countBlock(block);
  });
  return sum;
}

export function showCount(element, doc) {
  const words = countWords(doc);
  const text = (words === 1 ? element.dataset.word : element.dataset.words)
    .replace("%1", words.toLocaleString(document.documentElement.lang || undefined))
    .replace("%2", Math.max(1, Math.round(words / WORDS_PER_MINUTE)));
  if (element.textContent !== text) element.textContent = text;
}
