/* Keeps the contents list open beside the text; above it, in a narrow window, the reader opens it. */
const list = document.querySelector(".contents details");
const isBeside = matchMedia("(min-width: 75rem)");

function unfold() {
  list.open = isBeside.matches;
  list.firstElementChild.tabIndex = isBeside.matches ? -1 : 0;
}

if (list) {
  requestAnimationFrame(unfold); // to ask sooner costs a layout of its own
  isBeside.addEventListener("change", unfold);
}
