/* Opens a note below its mark's line, or focuses it in the margin if it is visible there. Escape, the note's links back
   and Tab at its ends lead back to the mark. Loaded when a mark is first used. */
const closeButton = document.createElement("button");
let current = null;
closeButton.type = "button";
closeButton.className = "word";
closeButton.lang = document.documentElement.lang;

/* Put the note right below its mark's line, as high as a whole number of lines, so that it cuts none in two. */
function position() {
  const { mark, note, middleOfLine } = current;
  const line = parseFloat(getComputedStyle(mark.parentElement.parentElement).lineHeight);
  note.style.setProperty("--under", `${middleOfLine(mark) + line / 2}px`);
  note.style.setProperty("--height", "0");
  note.style.setProperty("--height", `${Math.ceil(note.offsetHeight / line) * line}px`);
}

function isInMargin({ note, margin }) {
  const { top, bottom } = note.getBoundingClientRect();
  return margin.matches && matchMedia("(hover)").matches && top < innerHeight && bottom > 0;
}

/* Close the open note, or forget the focused one, and focus its mark if wanted. */
function leave(focusesMark) {
  if (!current) return;
  const { mark, note, observer, placeNotes } = current;
  current = null;
  observer?.disconnect();
  closeButton.remove();
  note.classList.remove("open");
  mark.removeAttribute("aria-expanded");
  if (focusesMark) mark.focus();
  placeNotes();
}

export function openNote(target) {
  const isSame = target.mark === current?.mark && current.observer;
  leave();
  const { mark, note, prose, placeNotes } = target;
  if (isSame) return;
  current = target;
  note.tabIndex = -1;
  if (!isInMargin(target)) {
    closeButton.textContent = prose.dataset.close;
    note.append(closeButton);
    note.classList.add("open");
    mark.ariaExpanded = true;
    current.observer = new ResizeObserver(position);
    current.observer.observe(prose);
    position();
    placeNotes();
  }
  note.focus({ preventScroll: true });
  note.scrollIntoView({ block: "nearest" });
}

const links = (note) => Array.from(note.querySelectorAll("a[href], button, summary, [tabindex='0']")).filter((part) => part.checkVisibility());

function onTab(event) {
  const { mark, note } = current;
  const focused = document.activeElement;
  if (!event.shiftKey && focused === (links(note).at(-1) ?? note)) mark.focus({ preventScroll: true }); // Tab goes on from there
  else if (event.shiftKey && focused === note) event.preventDefault();
  else return;
  leave(event.shiftKey);
}

closeButton.addEventListener("click", () => leave(true));
document.addEventListener("keydown", (event) => {
  if (!current || document.querySelector(":modal")) return;
  if (event.key === "Escape") leave(current.prose.contains(document.activeElement) || document.activeElement === document.body);
  else if (event.key === "Tab" && current.note.contains(document.activeElement)) onTab(event);
});
document.addEventListener("click", (event) => {
  if (!current?.note.contains(event.target) || !event.target.closest("[role=doc-backlink]")) return;
  event.preventDefault();
  leave(true);
});
document.addEventListener("focusin", ({ target }) => {
  if (current && !current.observer && !current.note.contains(target)) current = null;
});
