/* Edit, reply, deny and delete forms open inside the row; closing them keeps what was typed. */
import { announce, checkResponse, failureText, showInRow } from "./rows.js";

export const openFormOf = (row) => row?.querySelector(".inline:not([hidden])");

/* Whether a form has a text that was typed and not sent. */
export const hasUnsentText = (form) =>
  [...form.elements].some((field) => field.matches("textarea, input:not([type=hidden])") && field.value !== field.defaultValue);

export function closeForm(row) {
  const container = openFormOf(row);
  if (container) container.hidden = true;
  row?.focus();
}

/* Focus the first field of a form, or a person's drawer as a whole. */
function focusField(container) {
  const field = container.querySelector("form.write :is(textarea, select, input:not([type=hidden]))");
  (field ?? container).focus();
  field?.setSelectionRange?.(field.value.length, field.value.length);
}

export async function openForm(row, name, link) {
  const current = openFormOf(row);
  if (current) current.hidden = true;
  let container = row.querySelector(`.inline[data-name="${name}"]`);
  if (container) {
    container.hidden = false;
    return focusField(container);
  }
  container = document.createElement("div");
  Object.assign(container, { className: "inline", tabIndex: -1 });
  container.dataset.name = name;
  row.append(container);
  container.focus(); // so that keys pressed while it loads are no shortcuts
  const url = new URL(link.href);
  url.hash = "";
  url.searchParams.set("form", name);
  try {
    const response = await fetch(url);
    checkResponse(response);
    if (!response.ok) throw new Error(String(response.status));
    container.innerHTML = await response.text();
    showInRow(row, "");
    if (!container.hidden && (document.activeElement === container || document.activeElement === document.body)) focusField(container);
  } catch (error) {
    container.remove();
    row.focus();
    showInRow(row, failureText(error));
    announce(failureText(error));
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-form]");
  const row = link?.closest("li.row");
  if (!row || !document.getElementById("line") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openForm(row, link.dataset.form, link);
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(".inline")?.closest("li.row");
  if (event.key !== "Escape" || !row || event.isComposing) return;
  event.preventDefault();
  closeForm(row);
});
