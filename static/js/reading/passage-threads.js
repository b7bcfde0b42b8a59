/* Opens the threads on a paragraph beside the text, and marks the words that comments quote. */
import { BLOCKS, findWords } from "./passage-words.js";

const prose = document.querySelector(".prose[data-revision]");
const form = document.querySelector("form#respond");
const { hide, show, close, discussion, hidden, replyToThis } = prose.dataset;
const [MAX_COMMENTS, MAX_LEVELS] = [5, 2]; // beside the text; the rest is in the discussion
let tools; // moveForm and setPassage of reply-target.js, which the page has loaded
let opened; // { count, box, lines }: the open threads' link, their box and the links of their quotations
let requests = 0; // for open threads; only the last counts
let near = {}; // the count of the paragraph under the pointer, and its quotations with their words
let pointed = []; // those of them whose words the pointer is on

const wordsOf = (link) => link.dataset.words ?? link.querySelector("q").textContent;
const numberOf = (link) => Number((link.id || link.hash.slice(1)).slice("on-".length));
const linesOn = (number, root = document) => Array.from(root.querySelectorAll(`.on a[href$="#on-${number}"]`));
const rangesOf = (links) => links.map((link) => findWords(numberOf(link), wordsOf(link))).filter(Boolean);

export function use(loaded) {
  tools = loaded;
  return { mark, follow, offerToHide, showWords };
}

/* A range without the initial of several lines, whose mark browsers paint above it. */
function afterInitial(range) {
  const { startContainer: node, startOffset: start } = range;
  const before = new Range();
  before.setStart(prose, 0);
  before.setEnd(node, start);
  const initial = prose.matches(".versal") && !before.toString().trim() && node.data.slice(start).match(/^[\s\p{P}]*[\p{L}\p{N}]\p{M}*/u);
  if (!initial) return range;
  const rest = range.cloneRange();
  rest.setStart(node, start + initial[0].length);
  return rest;
}

function highlight(ranges) {
  if (!globalThis.CSS?.highlights) return;
  if (ranges.length) CSS.highlights.set("passage", new Highlight(...ranges.map(afterInitial)));
  else CSS.highlights.delete("passage");
}

/* Mark a quotation and its words, or all that are quoted of a paragraph; without one, the words of the open threads. */
export function mark(link) {
  markAll(link?.matches(".on-count") ? linesOn(numberOf(link)) : [link].filter(Boolean));
}

function markAll(lines) {
  for (const each of document.querySelectorAll(".on.marked, .on-count.marked")) each.classList.remove("marked");
  for (const line of lines) {
    line.closest(".on").classList.add("marked");
    document.getElementById(line.hash.slice(1))?.classList.add("marked");
  }
  highlight(rangesOf(lines.length || !opened ? lines : opened.lines));
}

/* Mark the quotations of the words under the pointer. */
function markPointed({ target, clientX: x, clientY: y }) {
  const count = document.body.classList.contains("marks-off") ? null : target.closest?.(BLOCKS)?.querySelector(":scope > .on-count");
  if (near.count !== count) near = { count, lines: count ? linesOn(numberOf(count)).map((line) => [line, rangesOf([line])]) : [] };
  const isUnder = ({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom;
  const hasPointer = ([, ranges]) => target === count || ranges.some((range) => Array.from(range.getClientRects()).some(isUnder));
  const lines = near.lines.filter(hasPointer).map(([line]) => line);
  if (String(lines.map(wordsOf)) === String(pointed.map(wordsOf))) return;
  pointed = lines;
  markAll(lines);
}

/* Follow the link of a quotation to its words, or open or close the threads on a paragraph. */
export async function follow(link) {
  if (link.matches(".on-count")) return opened?.count === link ? closeThreads() : openThreads(link);
  const [range] = rangesOf([link]);
  if (!range) return location.assign(link.href);
  history.pushState(history.state, "", link.hash);
  const { top } = range.getBoundingClientRect();
  scrollTo({ top: top + scrollY - innerHeight / 3 });
  const count = document.getElementById(link.hash.slice(1));
  count?.focus({ preventScroll: true });
  highlight([range]);
}

export function closeThreads() {
  if (!opened) return;
  const { count, box } = opened;
  opened = null;
  count.setAttribute("aria-expanded", "false");
  if (box.contains(document.activeElement)) count.focus({ preventScroll: true });
  box.remove();
  highlight([]);
}

/* The words of the paragraph with a count. */
function wordsNear(count) {
  const copy = count?.closest(BLOCKS).cloneNode(true);
  for (const added of copy?.querySelectorAll(".on-count, .corrected, button") ?? []) added.remove();
  return copy?.textContent;
}

async function openThreads(count) {
  closeThreads();
  const request = requests += 1;
  const response = await fetch(count.href).catch(() => null);
  const page = new DOMParser().parseFromString((await response?.text().catch(() => "")) ?? "", "text/html");
  if (request !== requests) return; // another was asked for since then
  const thread = page.querySelector("#comments .thread");
  if (!response?.ok) return location.assign(count.href);
  if (!thread || !page.querySelector("#comments .part") || wordsNear(count) !== wordsNear(page.getElementById(count.id))) return location.reload(); // this text or its comments have changed
  const lines = linesOn(numberOf(count), thread);
  for (const part of thread.querySelectorAll("[id]")) part.removeAttribute("id");
  const box = build(count, thread, lines);
  opened = { count, box, lines };
  const [range] = rangesOf(lines);
  const line = (range ?? count).getBoundingClientRect();
  box.style.setProperty("--at", `${line.top - prose.getBoundingClientRect().top}px`);
  prose.after(box);
  box.show();
  count.setAttribute("aria-expanded", "true");
  highlight(rangesOf(lines));
  box.querySelector("h2").focus({ preventScroll: true });
  if (getComputedStyle(box).position === "fixed") scrollTo({ top: line.top + scrollY - 90 });
}

/* Leave out the comments that are too many or too deep, and return their number. */
function shorten(thread) {
  const levelOf = (comment, level = 0) => (comment ? levelOf(comment.parentElement.closest(".comment"), level + 1) : level);
  const comments = Array.from(thread.querySelectorAll(".comment"));
  const rest = comments.filter((comment, index) => index >= MAX_COMMENTS || levelOf(comment) > MAX_LEVELS);
  for (const comment of rest) comment.remove();
  for (const replies of thread.querySelectorAll(".replies:not(:has(.comment))")) replies.remove();
  return rest.length;
}

function build(count, thread, lines) {
  const box = document.createElement("dialog");
  const rest = shorten(thread);
  const title = document.createElement("h2");
  const [closing, reply] = [close, replyToThis].map((words) => Object.assign(document.createElement("button"), { type: "button", className: "word", textContent: words }));
  const all = Object.assign(document.createElement("a"), { href: "#comments", textContent: rest ? hidden.replace("{n}", rest) : discussion });
  box.className = "beside";
  box.classList.toggle("several", new Set(lines.map(wordsOf)).size > 1);
  title.id = "beside-title";
  title.tabIndex = -1;
  title.textContent = count.getAttribute("aria-label");
  box.setAttribute("aria-labelledby", title.id);
  const [header, footer] = ["header", "footer"].map((name) => document.createElement(name));
  header.append(title, closing);
  const { lang, dir } = document.documentElement; // the essay's may be others
  for (const part of [header, thread, footer]) Object.assign(part, { lang, dir });
  if (form) footer.append(reply);
  footer.append(all);
  box.append(header, thread, footer);
  closing.addEventListener("click", closeThreads);
  all.addEventListener("click", closeThreads);
  reply.addEventListener("click", () => {
    const [line] = opened.lines;
    const number = numberOf(count);
    tools.setPassage(JSON.stringify([Number(prose.dataset.revision), number, wordsOf(line), "", ""]));
    closeThreads();
    tools.moveForm("");
    form.elements.text.focus();
  });
  box.addEventListener("click", (event) => {
    if (event.target.closest(".on a")) return;
    const link = event.target.closest(".reply");
    const key = link && new URL(link.href).searchParams.get("replyto");
    if (!link || event.ctrlKey || event.metaKey || !document.getElementById(`comment-${key}`)) return event.stopPropagation();
    event.preventDefault();
    event.stopPropagation();
    closeThreads();
    tools.moveForm(key);
    form.elements.text.focus();
  });
  return box;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && opened) closeThreads();
});

/* Say of each count that it opens something, mark words under the pointer, and add the button that hides counts and brackets in this browser, and shows them again. */
export function offerToHide() {
  for (const count of prose.querySelectorAll(".on-count:not([aria-expanded])")) count.setAttribute("aria-expanded", "false");
  if (document.querySelector(".hide-marks")) return;
  prose.addEventListener("mousemove", markPointed);
  prose.addEventListener("mouseleave", markPointed);
  const button = Object.assign(document.createElement("button"), { type: "button", className: "word hide-marks" });
  const label = () => (button.textContent = document.body.classList.contains("marks-off") ? show : hide);
  label();
  button.addEventListener("click", () => {
    const isOff = document.body.classList.toggle("marks-off");
    try {
      if (isOff) localStorage.marks = "off";
      else delete localStorage.marks;
    } catch {
      // it applies to this page only
    }
    closeThreads();
    label();
  });
  const contents = matchMedia("(min-width: 75rem)").matches && document.querySelector(".essay > .contents");
  (contents || document.querySelector(".pass-on"))?.append(button);
}

/* Show the words that the form is about, where the reader can select others. */
export function showWords(value) {
  const [, number, words = ""] = JSON.parse(value);
  const block = findWords(number, words);
  scrollTo({ top: (block ?? prose).getBoundingClientRect().top + scrollY - innerHeight / 3 });
  if (block) getSelection().setBaseAndExtent(block.startContainer, block.startOffset, block.endContainer, block.endOffset);
}
