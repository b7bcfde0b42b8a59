/* The queue by keys, while the focus is in its list: j k move, x selects, a u s d decide, z takes back. */
const queue = document.querySelector("ol.queue");
const bulk = document.getElementById("bulk");
const boxes = [...document.querySelectorAll(".pick input")];

function move(row, step) {
  const stops = [...queue.children];
  const next = row ? stops[stops.indexOf(row) + step] : stops[0];
  next?.focus();
}

function press(row, key) {
  switch (key) {
    case "j": return move(row, 1);
    case "k": return move(row, -1);
    case "x": return row?.querySelector(".pick input")?.click();
    case "z": return (row?.querySelector("[value=undo]") ?? document.querySelector("[data-latest]"))?.click();
    default: return row?.querySelector(`[aria-keyshortcuts="${key}"]`)?.click();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !"jkxausdz".includes(event.key)) return;
  const at = document.activeElement;
  if (at !== document.body && !at.closest("#queue, .bar")) return;
  event.preventDefault();
  if (!event.repeat || "jk".includes(event.key)) press(at.closest("ol.queue > li"), event.key);
});

/* What was just done stands above the row in focus; to who listens it is said. */
const news = document.querySelectorAll(".report p, .decided:has([data-latest]) p");
requestAnimationFrame(() => {
  document.querySelector("[role=status]").textContent = [...news].map((line) => line.textContent).join(" ");
});

if (queue) document.body.classList.add("by-keys");

if (bulk) {
  const every = bulk.querySelector(".every input");
  const selected = bulk.querySelector(".selected");
  const tell = () => {
    const count = boxes.filter((box) => box.checked).length;
    selected.textContent = selected.dataset.some.replace("%s", count);
    every.checked = count === boxes.length;
    every.indeterminate = count > 0 && count < boxes.length;
  };
  every.closest("label").hidden = false;
  every.addEventListener("change", () => {
    for (const box of boxes) box.checked = every.checked;
    tell();
  });
  queue.addEventListener("change", tell);
  addEventListener("pageshow", tell);
}
