/* Puts each open correction beside the words that it is about; those without words in the text stay in the list below. */
const sheet = document.querySelector(".essay-editor");
const list = document.querySelector(".open-corrections");
const items = list.querySelectorAll("[data-words]");
const wide = matchMedia("(min-width: 75rem)");
const BLOCKS = "p, h2, h3, h4, li, pre, dt, dd, td, th, caption, figcaption, summary, details, figure, blockquote";
const BLANK = /[\s\u00ad\u200b\u2060\ufeff]/;
const GAP = 14;
const blocks = new WeakMap(); // the last block that had each item's words, which may be rewritten now
const trim = (words) => words.replace(new RegExp(BLANK, "g"), "");

/* The words of the text without white space, and for each text node its first character among them. */
function read(text) {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let words = "";
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest(".note-mark, [contenteditable=false]")) continue;
    nodes.push({ node, start: words.length });
    words += trim(node.data);
  }
  return { nodes, words };
}

/* Where the words begin: between the words before and after them, or at the only place that has them; -1 if nowhere. */
function locate({ words }, { words: wanted, before, after }) {
  const [sought, lead, tail] = [wanted, before, after].map(trim);
  const near = words.indexOf(lead + sought + tail);
  if (near >= 0) return near + lead.length;
  const first = words.indexOf(sought);
  return words.indexOf(sought, first + 1) < 0 ? first : -1;
}

/* The text node and the offset in it of the character at a place. */
function pointAt({ nodes }, at) {
  const { node, start } = nodes.findLast((each) => each.start <= at);
  let offset = 0;
  for (let rest = at - start; rest || BLANK.test(node.data[offset]); offset += 1) {
    if (!BLANK.test(node.data[offset])) rest -= 1;
  }
  return [node, offset];
}

function findWords(text, item) {
  const at = locate(text, item.dataset);
  if (at < 0) return null;
  const range = new Range();
  const [last, end] = pointAt(text, at + trim(item.dataset.words).length - 1);
  range.setStart(...pointAt(text, at));
  range.setEnd(last, end + 1);
  blocks.set(item, range.startContainer.parentElement.closest(BLOCKS));
  return range;
}

function place() {
  const text = wide.matches && read(sheet.querySelector(".editor-text"));
  const { top } = list.offsetParent.getBoundingClientRect();
  const ranges = [];
  const beside = [];
  for (const item of items) {
    const range = text && findWords(text, item);
    if (range) ranges.push(range);
    const shown = text ? (range ?? blocks.get(item)) : null;
    const [line] = shown?.getClientRects() ?? [];
    item.classList.toggle("is-beside", Boolean(line));
    if (line) beside.push({ item, at: line.top - top });
  }
  list.classList.toggle("is-empty", beside.length === list.querySelectorAll("li").length);
  let free = 0;
  for (const { item, at } of beside.sort((one, other) => one.at - other.at)) {
    const start = Math.max(at, free);
    item.style.insetBlockStart = `${start}px`;
    free = start + item.offsetHeight + GAP;
  }
  globalThis.CSS?.highlights?.set("correction", new Highlight(...ranges));
}

const start = () => {
  new ResizeObserver(place).observe(sheet.querySelector(".editor-text"));
  new ResizeObserver(place).observe(document.querySelector("#content"));
};
if (sheet.querySelector(".editor-text")) start();
else sheet.addEventListener("essay-ready", start);
let timer = 0;
sheet.addEventListener("essay-change", () => {
  clearTimeout(timer);
  timer = setTimeout(place, 300); // it reads the whole text, for which typing does not wait
});
