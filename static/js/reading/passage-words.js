/* Finds words in the essay's text, and describes selected ones as the server does. White space does not count. */
export const BLOCKS = "p, h2, h3, h4, li, pre, dt, dd, td, th, caption, figcaption, summary, details, figure, blockquote";
const SKIPPED = "[role=doc-noteref], [role=doc-backlink], .on-count, .choose, .corrected, .beside, button, .unseen";
const BLANK = /[\s\u00ad\u200b\u2060\ufeff]/;
const CONTEXT = 64;
const WORD = "(?:(?![\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}\\p{sc=Mymr}])[\\p{L}\\p{M}\\p{N}’'])+";
const prose = document.querySelector(".prose[data-revision]");

/* The nodes with words, and if asked for the line breaks between them. */
function* textNodes(hasBreaks = false) {
  const walker = document.createTreeWalker(prose, hasBreaks ? NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT : NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if ((node.data || node.nodeName === "BR") && !node.parentElement.closest(SKIPPED)) yield node;
  }
}

const blockOf = (node) => node.parentElement.closest(BLOCKS);

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

/* The longest part of a range without formulas, of which the server has only the source. */
function withoutFormulas(range) {
  const parts = [range.cloneRange()];
  for (const formula of prose.querySelectorAll("math")) {
    if (!range.intersectsNode(formula)) continue;
    const rest = parts.at(-1).cloneRange();
    parts.at(-1).setEndBefore(formula);
    rest.setStartAfter(formula);
    parts.push(rest);
  }
  return parts.sort((one, other) => String(other).length - String(one).length)[0];
}

/* What the form sends about a selected range: revision, paragraph, words, and the words before and after. */
export function describe(selected) {
  const range = withoutFormulas(selected);
  const parts = { before: "", words: "", after: "" };
  let last, first, isBroken;
  for (const node of textNodes(true)) {
    const { data } = node;
    isBroken ||= !data;
    if (!data) continue;
    const from = node === range.startContainer ? range.startOffset : range.comparePoint(node, 0) < 0 ? data.length : 0;
    const to = node === range.endContainer ? range.endOffset : range.comparePoint(node, data.length) > 0 ? 0 : data.length;
    const gap = last && (isBroken || blockOf(node) !== blockOf(last)) ? "\n" : "";
    isBroken = false;
    const inside = data.slice(from, Math.max(from, to));
    if (inside && !first) first = node;
    const isAfter = first && !inside && from === 0;
    parts[isAfter ? "after" : inside && !from ? "words" : "before"] += gap;
    if (from && !isAfter) parts.before += data.slice(0, from);
    parts.words += inside;
    if (isAfter || to < data.length && inside) parts.after += data.slice(isAfter ? 0 : to);
    last = node;
    if (parts.after.length > 2 * CONTEXT) break;
  }
  if (!parts.words.trim()) return "";
  wholeWords(parts);
  const tidy = (text) => text.replace(/\s+/g, " ");
  const number = Array.from(prose.querySelectorAll(BLOCKS)).indexOf(blockOf(first)) + 1;
  const before = tidy(parts.before).trimEnd().slice(-CONTEXT);
  const after = tidy(parts.after).trimStart().slice(0, CONTEXT);
  return JSON.stringify([Number(prose.dataset.revision), number, tidy(parts.words).trim(), before, after]);
}

/* Extend the words to whole ones at both ends. */
function wholeWords(parts) {
  const lead = new RegExp(`^${WORD}`, "u").test(parts.words) && parts.before.match(new RegExp(`${WORD}$`, "u"))?.[0];
  if (lead) [parts.words, parts.before] = [lead + parts.words, parts.before.slice(0, -lead.length)];
  const tail = new RegExp(`${WORD}$`, "u").test(parts.words) && parts.after.match(new RegExp(`^${WORD}`, "u"))?.[0];
  if (tail) [parts.words, parts.after] = [parts.words + tail, parts.after.slice(tail.length)];
}
