/* Quotes the text selected in a comment or the essay into the reply, as Markdown that renders the same text. */

const form = document.querySelector("form#respond");
const box = document.createElement("div");
const button = document.createElement("button");
const replyButton = document.createElement("button"); // only for words of the essay
const BLOCKS = "p, li, blockquote, pre, h2, h3, h4, dt, dd, tr, figcaption, hr";
const ADDRESS = /(https?:\/\/[^\s<>"`“”«»[\]]+)/;
const GAP = 5;
const HANDLE = matchMedia("(pointer: coarse)").matches ? 40 : 0; // height of a touch screen's handles, below the selection
let last; // the last selection, which a touch on the buttons may end
let tools; // moveForm and setPassage of reply-target.js, which the page has loaded
box.className = "quote";
box.append(replyButton, button);
for (const each of box.children) Object.assign(each, { className: "word", type: "button" });

/* Escape Markdown, except in URLs. */
function escapeInline(text) {
  return text.split(ADDRESS).map((part, index) => (index % 2 ? part : part
    .replace(/\\(?=[!-/:-@[-`{-~]|$)/g, "\\\\")
    .replace(/[*`]|~(?=~)|(?<=~)~|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|<(?=[a-z/!?])|&(?=[#a-z])|\](?=\()/giu, "\\$&"))).join("");
}

/* Also escape what is Markdown only at the start of a line. */
function escapeLine(text) {
  return escapeInline(text).replace(/^(?:#(?=#{0,5}(?:\s|$))|>|[-+](?=[-\s]|$))/, "\\$&").replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
}

/* The text of a fragment, with blank lines between its blocks. */
function toText(part, isCode) {
  for (const marker of part.querySelectorAll("[role=doc-noteref], [role=doc-backlink], button, .unseen, [aria-hidden=true]")) (marker.closest("sup") ?? marker).remove();
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!isCode && !text.parentElement?.closest("pre")) text.data = text.data.replace(/\s+/g, " ");
  }
  for (const end of part.querySelectorAll("br")) end.replaceWith("\n");
  for (const block of part.querySelectorAll(BLOCKS)) {
    block.before("\n\n");
    block.after("\n\n");
  }
  return part.textContent.split("\n").map((each) => each.trim()).join("\n").replace(/\n{3,}/g, "\n\n").trim();
}

function textIn(range) {
  const part = range.cloneContents();
  part.querySelector(".quote")?.remove();
  return part.textContent.trim();
}

/* The selection if it is inside one text, with what a quotation needs. */
function findSelection() {
  const selection = getSelection();
  if (!form?.isConnected || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0).cloneRange();
  const start = range.startContainer.nodeType === Node.TEXT_NODE ? range.startContainer.parentElement : range.startContainer;
  const body = start.closest(".comment-body, .essay > .prose");
  if (!body) return null;
  const selectedText = textIn(range);
  const end = range.cloneRange();
  if (!body.contains(range.endContainer)) range.setEnd(body, body.childNodes.length); // as after a triple click
  if (textIn(range) !== selectedText || !selectedText) return null;
  const comment = body.closest(".comment");
  if (comment && !comment.querySelector(":scope > .say .reply")) return null;
  const container = range.commonAncestorContainer;
  const isCode = Boolean((container.closest ? container : container.parentElement).closest("pre"));
  const name = comment?.querySelector(".by") ?? document.querySelector(".essay h1");
  const path = comment ? comment.querySelector(".when").pathname : form.getAttribute("action").replace(/respond\/$/, "");
  return { body, comment, range, end, text: toText(range.cloneContents(), isCode), name: name.textContent.trim(), url: new URL(path, location).href };
}

export function quote(loaded, ended = null) {
  tools = { ...tools, ...loaded }; // a shortcut brings moveForm only
  const selection = findSelection() ?? ended;
  if (!selection) return;
  const { comment, text, name, url } = selection;
  const source = `— [${escapeInline(name).replace(/(?<!\\)[[\]]/g, "\\$&")}](${url})`;
  const lines = [...text.split("\n").map(escapeLine), "", source].map((each) => (each ? `> ${each}` : ">"));
  const { text: field, parent } = form.elements;
  tools.moveForm(comment?.id.slice("comment-".length) ?? "");
  parent.dispatchEvent(new Event("input"));
  field.focus();
  const { selectionStart: at, value } = field;
  const start = at || value.length; // a cursor at 0 was set by the browser, not by the reader
  field.setSelectionRange(start, at ? field.selectionEnd : start);
  const [before, after] = [value.slice(0, start), value.slice(field.selectionEnd)];
  const gap = before.trim() ? "\n\n".slice(before.match(/\n{0,2}$/)[0].length) : "";
  const added = `${gap}${lines.join("\n")}\n\n`;
  if (!document.execCommand("insertText", false, added)) { // the only insertion that can be undone by keyboard
    field.setRangeText(added, start, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (after) field.setSelectionRange(start + added.length, start + added.length);
  field.scrollIntoView({ block: "nearest" });
  box.remove();
}

/* Make the comment one on the selected words. */
async function replyToSelection() {
  const { range } = findSelection() ?? last ?? {};
  if (!range) return;
  const { describe } = await import("./passage-selection.js");
  const value = describe(range);
  tools.moveForm("");
  if (value) tools.setPassage(value); // a formula or the mark of a note has no words
  box.remove();
  getSelection().removeAllRanges();
  form.elements.text.focus();
}

/* Put the buttons beside the end of the selection if the text ends there and the window has room, otherwise below its
   last line and the handles there. If the selection reaches out of the window, its last visible line counts. The
   buttons' containing block may be any: they are put into a corner first, then moved by the difference. */
function positionButton(body, range) {
  const lines = Array.from(range.getClientRects()).filter(({ width }) => width);
  const line = lines.findLast(({ top, bottom }) => top < innerHeight && bottom > 0) ?? lines.at(-1) ?? range.getBoundingClientRect();
  Object.assign(box.style, { left: "0", top: "0" });
  const { left, top, width, height } = box.getBoundingClientRect();
  const wishedX = getComputedStyle(body).direction === "rtl" ? line.left - GAP - width : line.right + GAP;
  const x = clamp(wishedX, document.documentElement.clientWidth - width - GAP);
  const isLast = !HANDLE && line.bottom + GAP + height > body.getBoundingClientRect().bottom; // below it are links and buttons
  const wishedY = isLast && x === wishedX ? line.bottom - height : line.bottom + HANDLE + GAP;
  box.style.left = `${x - left}px`;
  box.style.top = `${clamp(wishedY, innerHeight - height - GAP) - top}px`;
}

const clamp = (value, max) => Math.max(GAP, Math.min(value, max));

function showButton() {
  if (box.contains(document.activeElement)) return;
  const selection = findSelection();
  if (!selection) return box.remove();
  last = selection;
  button.textContent = form.dataset.quote;
  replyButton.textContent = form.dataset.on;
  replyButton.hidden = Boolean(selection.comment) || !selection.body.dataset.revision;
  if (selection.body.nextSibling !== box) selection.body.after(box);
  positionButton(selection.body, selection.end);
}

box.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the selection
button.addEventListener("click", () => quote(tools, last));
replyButton.addEventListener("click", replyToSelection);
box.addEventListener("focusout", () => setTimeout(showButton));

/* Show the buttons beside what is selected now and later. */
export function offerQuote(loaded) {
  tools = loaded;
  document.addEventListener("keydown", (event) => {
    const isElsewhere = document.activeElement.closest?.("a, button, input, textarea, select, summary");
    if (event.key !== "Tab" || event.shiftKey || !box.isConnected || isElsewhere) return;
    event.preventDefault(); // a click on text focuses its container
    (replyButton.hidden ? button : replyButton).focus();
  });
  document.addEventListener("selectionchange", showButton);
  addEventListener("resize", showButton);
  addEventListener("scrollend", showButton);
  showButton();
}
