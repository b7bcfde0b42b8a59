/* The toolbar over a comment's text box: writes Markdown around or before what is selected, or takes it away again. */
const IS_MAC = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
const QUOTE = /^> ?/;
const ITEM = /^((?:> ?)*)(?:[-*+]|\d{1,9}[.)]) +/;
const LINK = /\[([^\]\n]*)\]\(([^)\s]*)\)/g;
const PREFIX = /^(?:> ?)*(?:(?:[-*+]|\d{1,9}[.)]) +)?\s*/;
const WORD = /[\p{L}\p{M}\p{N}_'’-]/u;

/* What to write: `text` in place of the characters from `from` to `to`, and then select from `start` to `end`. */
const edit = (from, to, text, start, end = start) => ({ from, to, text, start, end });

/* The selection without white space at its ends; a cursor at a word selects the word. */
function selectionIn({ value, selectionStart: start, selectionEnd: end }) {
  while (start < end && /\s/.test(value[start])) start += 1;
  while (end > start && /\s/.test(value[end - 1])) end -= 1;
  const cursor = start === end ? start : null;
  while (cursor !== null && WORD.test(value[start - 1] ?? " ")) start -= 1;
  while (cursor !== null && WORD.test(value[end] ?? " ")) end += 1;
  return { value, start, end, cursor };
}

/* The start and end of the lines that contain a selection. */
function linesAround({ value, selectionStart: start, selectionEnd: end }) {
  const last = end > start && value[end - 1] === "\n" ? end - 1 : end;
  const after = value.indexOf("\n", last);
  return [value.lastIndexOf("\n", start - 1) + 1, after < 0 ? value.length : after];
}

const length = (text, pattern) => text.match(pattern)[0].length;

/* Whether a mark of `size` characters is on both sides of a text: 1 is italic, 2 bold, 3 both. */
const isAround = (before, after, size) =>
  [[/\**$/, /^\**/], [/_*$/, /^_*/]].some(([left, right]) => {
    const count = Math.min(length(before, left), length(after, right));
    return size === 1 ? count % 2 === 1 : count > 1;
  });

/* Mark a text of one line, or take its mark away; `isOn` says which. */
function markLine(line, size, isOn) {
  const prefix = line.match(PREFIX)[0];
  const text = line.slice(prefix.length).trimEnd();
  if (!text) return line;
  const [left, right] = [text.match(/^[*_]*/)[0], text.match(/[*_]*$/)[0]];
  const isMarked = left.length < text.length && isAround(left, right, size);
  const mark = "*".repeat(size);
  if (isOn && !isMarked) return `${prefix}${mark}${text}${mark}`;
  return !isOn && isMarked ? prefix + text.slice(size, -size) : line;
}

const isMarked = (line, size) => !line.slice(line.match(PREFIX)[0].length).trim() || markLine(line, size, true) === line;

function emphasize(field, size) {
  const { value, start, end, cursor } = selectionIn(field);
  const [before, text, after] = [value.slice(0, start), value.slice(start, end), value.slice(end)];
  // what is typed next must not replace a word that only the cursor was at
  const select = (from, to) => (cursor === null ? [from, to] : [Math.min(cursor + from - start, to)]);
  if (isAround(before, after, size) && !text.includes("\n")) return edit(start - size, end + size, text, ...select(start - size, end - size));
  const lines = text.split("\n");
  const isOn = !text || !lines.every((line) => isMarked(line, size));
  const added = "*".repeat(size);
  if (!text) return edit(start, end, added + added, start + size);
  const written = lines.map((line) => markLine(line, size, isOn)).join("\n");
  const isPlain = isOn && lines.length === 1 && written === added + text + added;
  return edit(start, end, written, ...(isPlain ? select(start + size, end + size) : select(start, start + written.length)));
}

function link(field) {
  let { value, start, end } = selectionIn(field);
  for (const { 0: whole, 1: text, index } of value.matchAll(LINK)) {
    if (index <= start && end <= index + whole.length) return edit(index, index + whole.length, text, index, index + text.length);
  }
  end = start + value.slice(start, end).split(/\n\s*\n/)[0].length; // a link ends with its paragraph
  const text = value.slice(start, end);
  if (/^(?:https?:\/\/|mailto:)\S+$/.test(text)) return edit(start, end, `[](${text})`, start + 1);
  const at = start + text.length + 3;
  return text ? edit(start, end, `[${text}](https://)`, at, at + "https://".length) : edit(start, end, "[](https://)", start + 1);
}

/* Begin each line with a mark, or take it away if all have it; `isMarked`, `add` and `remove` are for one line. */
function markLines(field, isMarked, add, remove) {
  const [start, end] = linesAround(field);
  const { value, selectionStart, selectionEnd } = field;
  const lines = value.slice(start, end).split("\n");
  const filled = lines.filter((line) => line.trim());
  const isOn = !filled.length || !filled.every(isMarked);
  let text = lines.map(isOn ? (line) => add(line, lines.length === 1) : remove).join("\n");
  const size = text.length;
  // otherwise Markdown would continue the quotation or the list
  if (isOn && /^\n[^\n]/.test(value.slice(end)) && !isMarked(value.slice(end + 1).split("\n")[0])) text += "\n";
  if (selectionStart !== selectionEnd) return edit(start, end, text, start, start + size);
  return edit(start, end, text, Math.max(start, selectionStart + size - (end - start)));
}

const tools = {
  bold: (field) => emphasize(field, 2),
  italic: (field) => emphasize(field, 1),
  link,
  quote: (field) => markLines(field, (line) => QUOTE.test(line), (line, isOnly) => (line.trim() || isOnly ? `> ${line}` : ">"), (line) => line.replace(QUOTE, "")),
  list: (field) => markLines(
    field,
    (line) => ITEM.test(line),
    (line, isOnly) => (ITEM.test(line) || !(line.trim() || isOnly) ? line : line.replace(/^((?:> ?)*)/, "$1- ")),
    (line) => line.replace(ITEM, "$1"),
  ),
};

/* Write with the only command that can be undone by keyboard. */
function use(tool, field) {
  const { from, to, text, start, end } = tools[tool](field);
  field.focus();
  field.setSelectionRange(from, to);
  if (!document.execCommand(...(text ? ["insertText", false, text] : ["delete"]))) {
    field.setRangeText(text, from, to);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.setSelectionRange(start, end);
}

/* The key of an event as the tools name it; in other scripts the letter's place on the keyboard counts. */
function keyOf({ key, code, shiftKey }) {
  if (shiftKey) return { Period: "Shift+.", Digit8: "Shift+8" }[code];
  return (/^[a-z]$/i.test(key) ? key : code.replace("Key", "")).toUpperCase();
}

const nameOf = (key) => (IS_MAC ? `⌘${key.replace("Shift+", "⇧")}` : `Ctrl+${key}`);

export function addToolbar(field) {
  if (!matchMedia("(scripting: enabled)").matches) return; // then no room is reserved
  const bar = field.previousElementSibling.content.firstElementChild.cloneNode(true);
  const buttons = Array.from(bar.querySelectorAll("button"));
  bar.setAttribute("aria-controls", field.id);
  const hint = bar.querySelector("kbd");
  const showKey = () => {
    const button = bar.querySelector("button:hover") ?? bar.querySelector("button:focus");
    hint.textContent = button ? nameOf(button.dataset.key) : "";
  };
  for (const [index, button] of buttons.entries()) {
    button.tabIndex = index ? -1 : 0;
    button.setAttribute("aria-keyshortcuts", `${IS_MAC ? "Meta" : "Control"}+${button.dataset.key}`);
  }
  for (const type of ["focusin", "focusout", "pointerover", "pointerleave"]) bar.addEventListener(type, () => setTimeout(showKey));
  bar.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the selection, and a phone's keyboard
  bar.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) use(button.value, field);
  });
  bar.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const step = getComputedStyle(bar).direction === "rtl" ? -1 : 1;
    const next = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: -1 }[event.key];
    if (next === undefined) return event.key === "Escape" && field.focus();
    event.preventDefault();
    const target = buttons.at(next % buttons.length);
    for (const button of buttons) button.tabIndex = button === target ? 0 : -1;
    target.focus();
  });
  field.addEventListener("keydown", (event) => {
    if (!(IS_MAC ? event.metaKey : event.ctrlKey) || event.altKey || event.isComposing) return;
    const button = buttons.find(({ dataset }) => dataset.key === keyOf(event));
    if (!button) return;
    event.preventDefault();
    use(button.value, field);
  });
  field.before(bar);
}
