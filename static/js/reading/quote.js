/* Quotes what is selected in a comment, or in the essay, into the reply to it: as Markdown that says the same words. */
import { move } from "./reply-target.js";

const form = document.querySelector("form#respond");
const button = document.createElement("button");
const BLOCKS = "p, li, blockquote, pre, h2, h3, h4, dt, dd, tr, figcaption, hr";
const ADDRESS = /(https?:\/\/[^\s<>"`“”«»[\]]+)/;
const GAP = 5;
button.className = "word quote";
button.type = "button";

/* What would be a sign is a letter again; addresses are none. */
function plain(text) {
  return text.split(ADDRESS).map((part, place) => (place % 2 ? part : part
    .replace(/\\(?=[!-/:-@[-`{-~]|$)/g, "\\\\")
    .replace(/[*`]|~(?=~)|(?<=~)~|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|<(?=[a-z/!?])|&(?=[#a-z])|\](?=\()/giu, "\\$&"))).join("");
}

/* At the start of a line more of them are signs. */
function line(text) {
  return plain(text).replace(/^(?:#(?=#{0,5}(?:\s|$))|>|[-+](?=[-\s]|$))/, "\\$&").replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
}

/* The words of a part of the page, a paragraph apart where they are seen apart. */
function read(part, isCode) {
  for (const mark of part.querySelectorAll("[role=doc-noteref], .unseen, [aria-hidden=true]")) (mark.closest("sup") ?? mark).remove();
  const walk = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode;
    if (!isCode && !text.parentElement?.closest("pre")) text.data = text.data.replace(/\s+/g, " ");
  }
  for (const end of part.querySelectorAll("br")) end.replaceWith("\n");
  for (const block of part.querySelectorAll(BLOCKS)) {
    block.before("\n\n");
    block.after("\n\n");
  }
  return part.textContent.split("\n").map((words) => words.trim()).join("\n").replace(/\n{3,}/g, "\n\n").trim();
}

function wordsIn(range) {
  const part = range.cloneContents();
  part.querySelector(".quote")?.remove();
  return part.textContent.trim();
}

/* The part of one text that is selected and nothing but it; what can be answered there, and who said it. */
function selected() {
  const selection = getSelection();
  if (!form?.isConnected || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0).cloneRange();
  const start = range.startContainer.nodeType === Node.TEXT_NODE ? range.startContainer.parentElement : range.startContainer;
  const body = start.closest(".comment-body, .essay > .prose");
  if (!body) return null;
  const whole = wordsIn(range);
  const end = range.cloneRange();
  if (!body.contains(range.endContainer)) range.setEnd(body, body.childNodes.length); // as by a threefold click
  if (wordsIn(range) !== whole || !whole) return null;
  const comment = body.closest(".comment");
  if (comment && !comment.querySelector(":scope > .say .reply")) return null;
  const inside = range.commonAncestorContainer;
  const isCode = Boolean((inside.closest ? inside : inside.parentElement).closest("pre"));
  const name = comment?.querySelector(".by") ?? document.querySelector(".essay h1");
  const place = comment ? comment.querySelector(".when").pathname : form.getAttribute("action").replace(/respond\/$/, "");
  return { body, comment, end, words: read(range.cloneContents(), isCode), name: name.textContent.trim(), url: new URL(place, location).href };
}

export function quote() {
  const found = selected();
  if (!found) return;
  const { comment, words, name, url } = found;
  const source = `— [${plain(name).replace(/(?<!\\)[[\]]/g, "\\$&")}](${url})`;
  const lines = [...words.split("\n").map(line), "", source].map((each) => (each ? `> ${each}` : ">"));
  const { text: field, parent } = form.elements;
  move(comment?.id.slice("comment-".length) ?? "");
  parent.dispatchEvent(new Event("input"));
  field.focus();
  const { selectionStart: at, value } = field;
  const place = at || value.length; // before the first letter nobody has put it but the browser
  field.setSelectionRange(place, at ? field.selectionEnd : place);
  const [before, after] = [value.slice(0, place), value.slice(field.selectionEnd)];
  const gap = before.trim() ? "\n\n".slice(before.match(/\n{0,2}$/)[0].length) : "";
  const added = `${gap}${lines.join("\n")}\n\n`;
  if (!document.execCommand("insertText", false, added)) { // the one way that can be undone by keyboard
    field.setRangeText(added, place, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (after) field.setSelectionRange(place + added.length, place + added.length);
  field.scrollIntoView({ block: "nearest" });
  button.remove();
}

/* Beside the end of the selection where the text ends there and the window has room; otherwise under its last line. Of a
   selection that reaches out of the window, the last line in sight counts. What holds the button is not asked for: it
   is put at a corner first, and moved from there by as much as is missing. */
function place(body, range) {
  const lines = Array.from(range.getClientRects()).filter(({ width }) => width);
  const line = lines.findLast(({ top, bottom }) => top < innerHeight && bottom > 0) ?? lines.at(-1) ?? range.getBoundingClientRect();
  Object.assign(button.style, { left: "0", top: "0" });
  const { left, top, width, height } = button.getBoundingClientRect();
  const beside = getComputedStyle(body).direction === "rtl" ? line.left - GAP - width : line.right + GAP;
  const x = within(beside, document.documentElement.clientWidth - width - GAP);
  const isLast = line.bottom + GAP + height > body.getBoundingClientRect().bottom; // under it stands what can be pressed
  const under = isLast && x === beside ? line.bottom - height : line.bottom + GAP;
  button.style.left = `${x - left}px`;
  button.style.top = `${within(under, innerHeight - height - GAP) - top}px`;
}

const within = (wished, most) => Math.max(GAP, Math.min(wished, most));

function offer() {
  if (document.activeElement === button) return;
  const found = selected();
  if (!found) return button.remove();
  button.textContent = form.dataset.quote;
  if (found.body.nextSibling !== button) found.body.after(button);
  place(found.body, found.end);
}

button.addEventListener("pointerdown", (event) => event.preventDefault()); // else what is selected is so no more
button.addEventListener("click", quote);
document.addEventListener("keydown", (event) => {
  const isElsewhere = document.activeElement.closest?.("a, button, input, textarea, select, summary");
  if (event.key !== "Tab" || event.shiftKey || !button.isConnected || isElsewhere) return;
  event.preventDefault(); // who pressed on the words has focus on all that is around them
  button.focus();
});
button.addEventListener("blur", () => setTimeout(offer));
document.addEventListener("selectionchange", offer);
addEventListener("resize", offer);
addEventListener("scrollend", offer);
offer();
