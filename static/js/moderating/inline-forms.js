/* Edit, reply, refuse and delete open inside the row; closed, they keep what was typed. */
import { tell } from "./rows.js";

export const openIn = (row) => row?.querySelector(".inline:not([hidden])");

export function close(row) {
  const place = openIn(row);
  if (place) place.hidden = true;
  row?.focus();
}

function focusIn(place) {
  const field = place.querySelector("textarea, select, input:not([type=hidden])");
  field?.focus();
  field?.setSelectionRange?.(field.value.length, field.value.length);
}

export async function open(row, name, link) {
  const shown = openIn(row);
  if (shown) shown.hidden = true;
  let place = row.querySelector(`.inline[data-of="${name}"]`);
  if (place) {
    place.hidden = false;
    return focusIn(place);
  }
  place = document.createElement("div");
  Object.assign(place, { className: "inline", tabIndex: -1 });
  place.dataset.of = name;
  row.append(place);
  place.focus(); // so that what is typed meanwhile decides nothing
  const url = new URL(link.href);
  url.hash = "";
  url.searchParams.set("form", name);
  try {
    const answer = await fetch(url);
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    place.innerHTML = await answer.text();
    if (!place.hidden && (document.activeElement === place || document.activeElement === document.body)) focusIn(place);
  } catch {
    place.remove();
    row.focus();
    tell(document.getElementById("line").dataset.failed);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-form]");
  const row = link?.closest("li.row");
  if (!row || !document.getElementById("line") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(row, link.dataset.form, link);
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(".inline")?.closest("li.row");
  if (event.key !== "Escape" || !row || event.isComposing) return;
  event.preventDefault();
  close(row);
});
