/* The entry of every page that has no entry of its own, and the first import of those that have: `/` opens the search
   box in the masthead, or focuses the search field of the page. */
const link = document.querySelector(".masthead [aria-keyshortcuts='/']");

function isOff() {
  try {
    return localStorage.getItem("keys") === "off";
  } catch {
    return false;
  }
}

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isOff()) return;
  if (!link || event.target.closest?.("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const field = document.querySelector("main [type=search]");
  if (field) field.select();
  else import("./search-box.js").then(({ open }) => open(link), () => location.assign(link.href));
});
