/* Keyboard shortcuts of the queue, as in WordPress, while the focus is in its list; with Shift for all selected
   rows. */
import { openForm } from "./inline-forms.js";
import { allRows, findAction, undo, undoStack } from "./rows.js";
import { selectAll } from "./selection.js";

const ACTIONS = { a: "approve", u: "unapprove", s: "spam", d: "trash", z: "restore" };
const bulk = document.getElementById("bulk");
const help = document.querySelector("dialog.keys-help");
const helpButton = document.querySelector("button.keys");

function moveFocus(row, step) {
  const all = allRows();
  const next = row ? all[all.indexOf(row) + step] : all[0];
  (next ?? (step > 0 && document.querySelector(".queue-pages [rel=next]")))?.focus?.();
}

function undoLast(row) {
  const action = (row?.matches(".decided") && findAction(row)) || undoStack[undoStack.length - 1];
  if (action) return undo(action);
  return row?.querySelector("[value=restore]")?.click();
}

function run(row, key) {
  const link = row?.querySelector(`a[data-form="${{ r: "reply", e: "edit", q: "edit" }[key]}"]`);
  switch (key) {
    case "j": return moveFocus(row, 1);
    case "k": return moveFocus(row, -1);
    case "x": return row?.querySelector(".pick input")?.click();
    case "z": return undoLast(row);
    case "r": case "e": case "q": return link && openForm(row, link.dataset.form, link);
    default: return row?.querySelector(`.verbs [aria-keyshortcuts="${key}"]`)?.click();
  }
}

function runForSelected(key) {
  if (key === "x") return selectAll();
  const hasSelection = document.querySelector(".pick :checked");
  const button = bulk?.querySelector(`[value="${ACTIONS[key]}"]`);
  if (button && hasSelection) return bulk.requestSubmit(button);
  if (key === "z") return undoLast(null);
}

document.addEventListener("keydown", (event) => {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help?.open) return;
  const active = document.activeElement;
  if (active !== document.body && (!active.closest("#queue, .bar") || active.closest(".inline"))) return;
  if (key === "?") {
    event.preventDefault();
    return help?.showModal();
  }
  const lower = key.toLowerCase();
  const isForSelected = event.shiftKey;
  if (key.length !== 1 || !(isForSelected ? "ausdzx" : "jkxausdzreq").includes(lower)) return;
  event.preventDefault();
  if (event.repeat && !"jk".includes(lower)) return;
  if (isForSelected) runForSelected(lower);
  else run(active.closest("ol.queue > li"), lower);
});

if (helpButton && help) {
  helpButton.hidden = false;
  helpButton.addEventListener("click", () => help.showModal());
}
