/* Moderation queue with JavaScript: decides without loading pages, works by keyboard, and shows other moderators'
   decisions. */
import "./selection.js";
import "./shortcuts.js";
import "./updates.js";
import { hasUnsentText } from "./inline-forms.js";
import { actionsIn, requests, undoStack } from "./rows.js";

/* Replace an address with a page number by the page's own: page numbers shift while comments are decided. */
const list = document.querySelector("ol.queue");
if (list && new URLSearchParams(location.search).has("page")) history.replaceState(history.state, "", list.dataset.address + location.hash);

/* The actions in the address can be undone, newest first. */
const lines = [...document.querySelectorAll("li.decided")];
for (const decisions of actionsIn(new URL(location))) {
  const count = lines.filter((line) => decisions.includes(line.querySelector("[name=decision]")?.value)).length;
  undoStack.push({ decisions, lines: [], count });
}

if (list) document.body.classList.add("by-keys");
const filter = document.querySelector("form.filter");
filter?.addEventListener("change", (event) => {
  if (event.target.matches("select")) filter.requestSubmit();
});
filter?.addEventListener("submit", () => {
  for (const field of filter.elements) field.disabled = field.value === "";
});
addEventListener("pageshow", () => {
  for (const field of filter?.elements ?? []) field.disabled = false;
});
if (filter) filter.querySelector("button:not(.keys)").hidden = true;

/* The latest results are shown above the focused row; announce them to screen readers. */
const messages = document.querySelectorAll(".report p, .decided:has([data-latest]) p");
requestAnimationFrame(() => {
  const text = [...messages].map((line) => line.textContent).join(" ");
  if (text) document.querySelector("[role=status]").textContent = text;
});

addEventListener("beforeunload", (event) => {
  const isUnsaved = [...document.querySelectorAll("form.write")].some(hasUnsentText);
  if (isUnsaved || requests.waiting > 0) event.preventDefault();
});
