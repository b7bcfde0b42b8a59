/* Places an essay's notes in the margin beside their marks if the window has room; elsewhere a mark opens its note. */
const prose = document.querySelector("[data-more]");
const article = prose?.parentElement;
const notes = Array.from(prose?.querySelectorAll("[role=doc-endnotes] > ol > li") ?? []);
const margin = matchMedia("screen and (min-width: 75rem) and (scripting: enabled)");
const MAX_LINES = 15;
let folding; // true while the script that folds is loaded

/* The middle of a mark's line below the top of the text. Marks are raised, so it is below their own middle. */
function middleOfLine(mark) {
  const part = mark.closest("details:not([open])") ?? mark.parentElement;
  const { top, bottom } = part.getBoundingClientRect();
  return (top + bottom) / 2 + 0.39 * parseFloat(getComputedStyle(part).fontSize) - prose.getBoundingClientRect().top;
}

/* Fold the notes that are long, then place all; return whether there are any. */
function foldLong(line) {
  const long = notes.filter((note) => note.scrollHeight > MAX_LINES * line);
  const proceed = () => {
    folding = false;
    placeNotes();
  };
  if (long.length) import("./fold-notes.js").then(({ foldNotes }) => foldNotes(long, line, prose.dataset)).finally(proceed);
  return long.length > 0;
}

/* Move each note to its first mark, below the note before it and clear of wide figures; if the last ones would extend
   below the essay, move them up, or make the essay longer by `room`. */
function placeNotes(room = 0) {
  if (!margin.matches) return;
  const line = parseFloat(getComputedStyle(notes[0]).lineHeight);
  folding ??= foldLong(line);
  if (folding) return;
  article.style.setProperty("--room", `${room && article.offsetHeight + room}px`);
  const gap = line / 2;
  const origin = prose.getBoundingClientRect().top;
  const figures = Array.from(prose.querySelectorAll(".wide"), (figure) => figure.getBoundingClientRect());
  const placed = notes.filter((note) => !note.matches(".open")).map((note) => {
    const mark = prose.querySelector(`[href="#${note.id}"]`);
    return { note, height: note.offsetHeight, at: mark ? middleOfLine(mark) - line / 2 : 0 };
  });
  const moveClear = (each, isUpwards) => {
    for (const { top, bottom } of isUpwards ? figures.toReversed() : figures) {
      const [start, end] = [top - origin - gap - each.height, bottom - origin + gap];
      if (start < each.at && each.at < end) each.at = isUpwards ? start : end;
    }
  };
  let edge = 0;
  for (const each of placed) {
    each.at = Math.max(each.at, edge);
    moveClear(each);
    edge = each.at + each.height + gap;
  }
  edge = article.getBoundingClientRect().bottom - origin;
  for (const each of placed.toReversed()) {
    each.at = Math.min(each.at, edge - each.height);
    moveClear(each, true);
    edge = each.at - gap;
  }
  if (placed[0]?.at < 0) return placeNotes(room - placed[0].at);
  for (const { note, at } of placed) note.style.setProperty("--at", `${at}px`);
  if (article.matches(".placed")) return;
  article.classList.add("placed");
  prose.querySelector("li:target")?.scrollIntoView(); // the browser scrolled to where it was
}

if (notes.length) {
  const observer = new ResizeObserver(() => placeNotes());
  for (const part of [prose, ...notes]) observer.observe(part);
  document.fonts.addEventListener("loadingdone", () => placeNotes());
  prose.addEventListener("click", (event) => {
    const mark = event.target.closest("[role=doc-noteref]");
    const note = notes.find(({ id }) => mark?.hash === `#${id}`);
    if (!note || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    import("./open-note.js").then(({ openNote }) => openNote({ mark, note, prose, margin, middleOfLine, placeNotes }), () => location.assign(mark.hash));
  });
  placeNotes();
}
