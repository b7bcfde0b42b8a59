/* The queue with script: it decides at once and asks afterwards, goes by keys, and hears of other moderators. */
import "./selection.js";
import "./shortcuts.js";
import "./updates.js";
import { actions, settle, stack } from "./rows.js";

/* An address with a page number is replaced by the page's own: numbers shift while comments are decided. */
const list = document.querySelector("ol.queue");
if (list && new URLSearchParams(location.search).has("page")) history.replaceState(history.state, "", list.dataset.address + location.hash);

/* The actions in the address can be undone, the newest first. */
const lines = [...document.querySelectorAll("li.decided")];
for (const made of actions(new URL(location))) {
  const count = lines.filter((line) => made.includes(line.querySelector("[name=decision]")?.value)).length;
  stack.push({ made, lines: [], count });
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

/* What was just done stands above the row in focus; to who listens it is said. */
const news = document.querySelectorAll(".report p, .decided:has([data-latest]) p");
requestAnimationFrame(() => {
  const said = [...news].map((line) => line.textContent).join(" ");
  if (said) document.querySelector("[role=status]").textContent = said;
});

addEventListener("beforeunload", (event) => {
  const isTyped = [...document.querySelectorAll("form.write")].some((form) =>
    [...form.elements].some((field) => field.matches("textarea, input:not([type=hidden])") && field.value !== field.defaultValue));
  if (isTyped || settle.waiting > 0) event.preventDefault();
});
