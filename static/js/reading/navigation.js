/* Navigates threads by keyboard, moves the focus between comments, and remembers collapsed branches. */
import { showRelativeTimes } from "./relative-time.js";
import { moveForm } from "./reply-target.js";

const thread = document.querySelector(".thread");
const dialog = document.getElementById("keys");
const storageKey = `shut ${location.pathname}`;

export function load(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function store(name, value) {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {
    // storage is blocked: lasts as long as the page
  }
}

const contentOf = (comment) => comment?.querySelector(":scope > .say");
const currentComment = () => document.activeElement.closest?.(".comment");

/* Focus a comment and open the branches that contain it; scroll unless the browser has already scrolled there. */
export function focusComment(comment, isScrolled) {
  const content = contentOf(comment);
  if (!content) return;
  let mustScroll = !isScrolled;
  for (let branch = content.closest("details"); branch; branch = branch.parentElement.closest("details")) {
    if (!branch.open) branch.open = mustScroll = true;
  }
  content.tabIndex = -1;
  content.focus({ preventScroll: true });
  if (mustScroll) content.scrollIntoView();
}

/* Focus the next or previous comment that matches; with `wraps`, continue at the first after the last. */
export function goTo(selector, direction, wraps) {
  const comments = Array.from(thread.querySelectorAll(selector));
  const current = currentComment();
  const position = (comment) => (current ? current.compareDocumentPosition(comment) : Node.DOCUMENT_POSITION_FOLLOWING);
  const isAhead = (comment) => position(comment) & (direction > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING);
  const candidates = comments.filter((comment) => comment !== current && isAhead(comment));
  focusComment(candidates.at(direction > 0 ? 0 : -1) ?? (wraps ? comments[0] : undefined));
}

const shortcuts = {
  j: () => goTo(".thread > .comment", 1),
  k: () => goTo(".thread > .comment", -1),
  n: () => goTo(".is-new", 1, true),
  u: () => focusComment(currentComment()?.parentElement.closest(".comment")),
  c: () => {
    const branch = currentComment()?.querySelector(":scope > .replies");
    if (branch) branch.open = !branch.open;
  },
  r: () => contentOf(currentComment())?.querySelector(".reply")?.click(),
  q: () => import("./quote.js").then(({ quote }) => quote({ moveForm })),
  "?": () => dialog.showModal(),
};

if (thread && dialog) {
  const checkbox = dialog.querySelector("input");
  checkbox.checked = load("keys") !== "off";
  checkbox.addEventListener("change", () => store("keys", checkbox.checked ? "" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const shortcut = Object.hasOwn(shortcuts, event.key) && (checkbox.checked || event.key === "?") && shortcuts[event.key];
    if (!shortcut) return;
    event.preventDefault();
    shortcut();
  });
  const button = document.querySelector("[data-keys]");
  button.hidden = false;
  button.addEventListener("click", shortcuts["?"]);
  const collapsed = new Set(load(storageKey)?.split(" "));
  const keyOf = (branch) => branch.parentElement.id.slice("comment-".length);
  const remembered = thread.matches(".folded") ? ".replies .replies" : ".replies"; // not those that “Top-level only” collapsed
  for (const branch of thread.querySelectorAll(remembered)) if (collapsed.has(keyOf(branch))) branch.open = false;
  thread.addEventListener("toggle", ({ target }) => {
    if (!target.matches(remembered)) return;
    collapsed[target.open ? "delete" : "add"](keyOf(target));
    store(storageKey, [...collapsed].join(" "));
  }, true);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".rest a, .do > .more");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.matches(".more")) return void import("./menu.js").then(({ toggleMenu }) => toggleMenu(link, moveForm)).catch(() => (location.href = link.href));
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  import("./more-replies.js").then(({ loadReplies }) => loadReplies(link, showRelativeTimes)).catch(() => (location.href = link.href));
});
