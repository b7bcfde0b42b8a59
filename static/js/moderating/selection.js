/* How many are selected, all of a page at once, and then all that match. */
import { list, stops, tell as announce } from "./rows.js";

const bulk = document.getElementById("bulk");
const boxes = () => stops().flatMap((row) => [...row.querySelectorAll(".pick input")]);

export function selectAll() {
  const all = boxes();
  const isOn = !all.every((box) => box.checked);
  for (const box of all) box.checked = isOn;
  list.dispatchEvent(new Event("rows"));
  announce(bulk.querySelector(".selected").textContent);
}

if (bulk) {
  const every = bulk.querySelector(".every input");
  const selected = bulk.querySelector(".selected");
  const whole = bulk.querySelector(".whole");
  const tell = () => {
    const all = boxes();
    const count = all.filter((box) => box.checked).length;
    selected.textContent = selected.dataset.some.replace("%s", count);
    every.checked = count > 0 && count === all.length;
    every.indeterminate = count > 0 && count < all.length;
    if (!whole) return;
    whole.hidden = !every.checked;
    if (whole.hidden) whole.querySelector("input").checked = false;
  };
  every.closest("label").hidden = false;
  every.addEventListener("change", selectAll);
  list.addEventListener("change", (event) => {
    tell();
    if (event.target.closest(".pick")) announce(selected.textContent);
  });
  list.addEventListener("rows", tell);
  addEventListener("pageshow", tell);
}
