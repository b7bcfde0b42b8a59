/* Selection in the queue: how many rows are selected, all of a page, and then all that match. */
import { allRows, announce, list } from "./rows.js";

const bulk = document.getElementById("bulk");
const checkboxes = () => allRows().flatMap((row) => [...row.querySelectorAll(".pick input")]);

export function selectAll() {
  const all = checkboxes();
  const mustCheck = !all.every((box) => box.checked);
  for (const box of all) box.checked = mustCheck;
  list.dispatchEvent(new Event("rows-changed"));
  announce(bulk.querySelector(".selected").textContent);
}

if (bulk) {
  const selectAllBox = bulk.querySelector(".every input");
  const selected = bulk.querySelector(".selected");
  const matchAll = bulk.querySelector(".whole");
  const update = () => {
    const all = checkboxes();
    const count = all.filter((box) => box.checked).length;
    selected.textContent = selected.dataset.some.replace("%s", count);
    selectAllBox.checked = count > 0 && count === all.length;
    selectAllBox.indeterminate = count > 0 && count < all.length;
    if (!matchAll) return;
    matchAll.hidden = !selectAllBox.checked;
    if (matchAll.hidden) matchAll.querySelector("input").checked = false;
  };
  selectAllBox.closest("label").hidden = false;
  selectAllBox.addEventListener("change", selectAll);
  list.addEventListener("change", (event) => {
    update();
    if (event.target.closest(".pick")) announce(selected.textContent);
  });
  list.addEventListener("rows-changed", update);
  addEventListener("pageshow", update);
}
