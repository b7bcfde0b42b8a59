/* Finds words in the essay's text, as the server does. White space does not count. */
export const BLOCKS = "p, h2, h3, h4, li, pre, dt, dd, td, th, caption, figcaption, summary, details, figure, blockquote";
const SKIPPED = "[role=doc-noteref], [role=doc-backlink], .on-count, .choose, .corrected, .beside, button, .unseen";
const BLANK = /[\s\u00ad\u200b\u2060\ufeff]/;
const prose = document.querySelector(".prose[data-revision]");

/* The nodes with words, and if asked for the line breaks between them. */
export function* textNodes(hasBreaks = false) {
  const walker = document.createTreeWalker(prose, hasBreaks ? NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT : NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if ((node.data || node.nodeName === "BR") && !node.parentElement.closest(SKIPPED)) yield node;
  }
}

/* The range of these words, from a paragraph with this number on; null if the text on this page has them elsewhere. */
export function findWords(number, words) {
  const block = prose.querySelectorAll(BLOCKS)[number - 1];
  const wanted = Array.from(words).filter((each) => !BLANK.test(each)).join("");
  if (!block || !wanted) return null;
  let text = "", limit = 0;
  const places = [];
  for (const node of textNodes()) {
    if (!text && !block.contains(node)) continue;
    if (block.contains(node) || text.length < limit + wanted.length) {
      for (let index = 0; index < node.data.length; index += 1) {
        if (BLANK.test(node.data[index])) continue;
        text += node.data[index];
        places.push([node, index]);
      }
      if (block.contains(node)) limit = text.length;
    } else break;
  }
  const start = text.indexOf(wanted);
  if (start < 0 || start >= limit) return null;
  const range = new Range();
  range.setStart(...places[start]);
  const [node, index] = places[start + wanted.length - 1];
  range.setEnd(node, index + 1);
  return range;
}
