/* Names for what the stock admin's own fields leave unnamed to those who listen: boxes of choice, and an empty head. */

const CHOICE = "select.admin-autocomplete";

function label(select) {
  const words = select.labels[0];
  if (words) words.id ||= `${select.id}_label`;
  return words?.id;
}

function mend(select) {
  const drawn = select.parentElement.querySelector(".select2-container");
  const words = label(select);
  if (!drawn || !words) return;
  const value = drawn.querySelector("[role=textbox]");
  value?.setAttribute("aria-labelledby", words);
  drawn.querySelector("[role=combobox]")?.setAttribute("aria-labelledby", value ? `${words} ${value.id}` : words);
  drawn.querySelector(".select2-search__field")?.setAttribute("aria-labelledby", words);
}

for (const select of document.querySelectorAll(CHOICE)) {
  if (select.multiple) select.dataset.allowClear = "false"; // its sign stands in a list and is no row of it
  new MutationObserver(() => mend(select)).observe(select.parentElement, { childList: true });
  mend(select);
}
document.addEventListener("focusin", ({ target }) => {
  if (!target.matches?.(".select2-dropdown .select2-search__field")) return;
  const select = document.querySelector(".select2-container--open")?.parentElement.querySelector(CHOICE);
  if (select) target.setAttribute("aria-labelledby", label(select));
});

for (const empty of document.querySelectorAll("th.original:empty")) {
  const cell = document.createElement("td");
  cell.className = empty.className;
  empty.replaceWith(cell);
}
