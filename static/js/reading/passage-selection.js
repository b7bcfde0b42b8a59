/* Describes selected words of the essay as the server does. */
import { BLOCKS, textNodes } from "./passage-words.js";

const CONTEXT = 64;
const WORD = "(?:(?![\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}\\p{sc=Mymr}])[\\p{L}\\p{M}\\p{N}’'])+";
const prose = document.querySelector(".prose[data-revision]");

const blockOf = (node) => node.parentElement.closest(BLOCKS);

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
