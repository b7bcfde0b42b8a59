/* Folds long notes in the margin; a button unfolds them. Loaded if an essay has any. */
const SHOWN_LINES = 11;

/* The bottom of the last line, or other part, of a note that has room. */
function bottomOfShown(note, line) {
  const { top } = note.getBoundingClientRect();
  const range = document.createRange();
  range.selectNodeContents(note);
  const bottoms = Array.from(range.getClientRects(), ({ bottom }) => bottom - top);
  return Math.max(line * 4, ...bottoms.filter((bottom) => bottom <= SHOWN_LINES * line));
}

function fold(note, labels) {
  const button = document.createElement("button");
  const setFolded = (isFolded) => {
    note.classList.toggle("folded", isFolded);
    button.ariaExpanded = !isFolded;
    button.textContent = isFolded ? labels.more : labels.less;
  };
  button.type = "button";
  button.className = "word";
  button.lang = document.documentElement.lang;
  button.addEventListener("click", () => setFolded(button.ariaExpanded === "true"));
  note.addEventListener("focusin", ({ target }) => target !== button && setFolded(false));
  note.append(button);
  setFolded(true);
}

export function foldNotes(notes, line, labels) {
  const heights = notes.map((note) => bottomOfShown(note, line));
  notes.forEach((note, index) => {
    note.style.setProperty("--shown", `${heights[index]}px`);
    fold(note, labels);
  });
}
