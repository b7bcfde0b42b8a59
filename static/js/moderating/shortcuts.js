/* The queue by keys, as WordPress has them, while the focus is in its list; with shift for all that is selected. */
import { open } from "./inline-forms.js";
import { entryOf, stack, stops, undo } from "./rows.js";
import { selectAll } from "./selection.js";

const VERBS = { a: "approve", u: "unapprove", s: "spam", d: "trash", z: "restore" };
const bulk = document.getElementById("bulk");
const help = document.querySelector("dialog.keys-help");
const opener = document.querySelector("button.keys");

function move(row, step) {
  const all = stops();
  const next = row ? all[all.indexOf(row) + step] : all[0];
  (next ?? (step > 0 && document.querySelector(".queue-pages [rel=next]")))?.focus?.();
}

function takeBack(row) {
  const entry = (row?.matches(".decided") && entryOf(row)) || stack[stack.length - 1];
  if (entry) return undo(entry);
  return row?.querySelector("[value=restore]")?.click();
}

function press(row, key) {
  const link = row?.querySelector(`a[data-form="${{ r: "reply", e: "edit", q: "edit" }[key]}"]`);
  switch (key) {
    case "j": return move(row, 1);
    case "k": return move(row, -1);
    case "x": return row?.querySelector(".pick input")?.click();
    case "z": return takeBack(row);
    case "r": case "e": case "q": return link && open(row, link.dataset.form, link);
    default: return row?.querySelector(`.verbs [aria-keyshortcuts="${key}"]`)?.click();
  }
}

function pressForAll(key) {
  if (key === "x") return selectAll();
  const isAny = document.querySelector(".pick :checked");
  const button = bulk?.querySelector(`[value="${VERBS[key]}"]`);
  if (button && isAny) return bulk.requestSubmit(button);
  if (key === "z") return takeBack(null);
}

document.addEventListener("keydown", (event) => {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help?.open) return;
  const at = document.activeElement;
  if (at !== document.body && (!at.closest("#queue, .bar") || at.closest(".inline"))) return;
  if (key === "?") {
    event.preventDefault();
    return help?.showModal();
  }
  const small = key.toLowerCase();
  const isForAll = event.shiftKey;
  if (key.length !== 1 || !(isForAll ? "ausdzx" : "jkxausdzreq").includes(small)) return;
  event.preventDefault();
  if (event.repeat && !"jk".includes(small)) return;
  if (isForAll) pressForAll(small);
  else press(at.closest("ol.queue > li"), small);
});

if (opener && help) {
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
}
