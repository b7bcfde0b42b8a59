/* Accessible names for parts of Django's admin that have none: select2 boxes, an empty table header, and the icons of
   lists to choose from. */

const SELECT = "select.admin-autocomplete";

function labelId(select) {
  const label = select.labels[0];
  if (label) label.id ||= `${select.id}_label`;
  return label?.id;
}

function addNames(select) {
  const container = select.parentElement.querySelector(".select2-container");
  const id = labelId(select);
  if (!container || !id) return;
  const value = container.querySelector("[role=textbox]");
  value?.setAttribute("aria-labelledby", id);
  container.querySelector("[role=combobox]")?.setAttribute("aria-labelledby", value ? `${id} ${value.id}` : id);
  container.querySelector(".select2-search__field")?.setAttribute("aria-labelledby", id);
}

for (const select of document.querySelectorAll(SELECT)) {
  if (select.multiple) select.dataset.allowClear = "false"; // its clear button would be a child of the list that is no item
  new MutationObserver(() => addNames(select)).observe(select.parentElement, { childList: true });
  addNames(select);
}
document.addEventListener("focusin", ({ target }) => {
  if (!target.matches?.(".select2-dropdown .select2-search__field")) return;
  const select = document.querySelector(".select2-container--open")?.parentElement.querySelector(SELECT);
  if (select) target.setAttribute("aria-labelledby", labelId(select));
});

for (const header of document.querySelectorAll("th.original:empty")) {
  const cell = document.createElement("td");
  cell.className = header.className;
  header.replaceWith(cell);
}

addEventListener("load", () => { // Django builds these lists on the same event, before
  for (const icon of document.querySelectorAll(".help-tooltip[aria-label]")) icon.setAttribute("role", "img");
});
