/* Places an essay's notes in the margin beside their marks if the window has room; elsewhere a mark opens its note. */
const prose = document.querySelector("[data-more]");
const article = prose?.parentElement;
const main = article?.parentElement;
const notes = Array.from(prose?.querySelectorAll("[role=doc-endnotes] > ol > li") ?? []);
const margin = matchMedia("screen and (min-width: 75rem) and (scripting: enabled)");
const MAX_LINES = 15;
const folded = new Set();
let isFolding = false;

/* The middle of a mark's line below the top of the text. Marks are raised, so it is below their own middle. */
function middleOfLine(mark) {
  const part = mark.closest("details:not([open])") ?? mark.parentElement;
  const { top, bottom } = part.getBoundingClientRect();
  return (top + bottom) / 2 + 0.39 * parseFloat(getComputedStyle(part).fontSize) - prose.getBoundingClientRect().top;
}

/* Fold the notes that have become too long, with a script that is loaded then, and place all again. */
function foldLong(line) {
  const long = notes.filter((note) => !folded.has(note) && note.scrollHeight > MAX_LINES * line);
  if (!long.length) return;
  isFolding = true;
  for (const note of long) folded.add(note);
  import("./fold-notes.js").then(({ foldNotes }) => foldNotes(long, line, prose.dataset), () => {}).then(() => {
    isFolding = false;
    placeNotes();
  });
}

/* Move each note to its first mark, below the note before it and clear of wide figures and of what says where the text was corrected. If the last ones would extend
   below the essay, move them up; if there are too many for that, let them extend into the margin of the comments. */
function placeNotes() {
  if (!margin.matches) return;
  const line = parseFloat(getComputedStyle(notes[0]).lineHeight);
  foldLong(line);
  if (isFolding && !article.matches(".placed")) return;
  const gap = line / 2;
  const { top: origin } = prose.getBoundingClientRect();
  const figures = Array.from(prose.querySelectorAll(".wide, a.corrected > span"), (figure) => figure.getBoundingClientRect());
  const moveClear = (position, height, isUpwards) => {
    for (const { top, bottom } of isUpwards ? figures.toReversed() : figures) {
      const [start, end] = [top - origin - gap - height, bottom - origin + gap];
      if (start < position && position < end) position = isUpwards ? start : end;
    }
    return position;
  };
  let edge = 0;
  const placed = notes.filter((note) => !note.matches(".open")).map((note) => {
    const mark = prose.querySelector(`[href="#${note.id}"]`);
    const height = note.offsetHeight;
    const position = moveClear(Math.max(edge, mark ? middleOfLine(mark) - line / 2 : 0), height);
    edge = position + height + gap;
    return { note, height, position, raised: position };
  });
  const room = edge + origin - main.getBoundingClientRect().top;
  edge = article.getBoundingClientRect().bottom - origin;
  for (const each of placed.toReversed()) {
    each.raised = moveClear(Math.min(each.position, edge - each.height), each.height, true);
    edge = each.raised - gap;
  }
  const fits = !(placed[0]?.raised < 0);
  main.style.setProperty("--room", fits ? 0 : `${room}px`);
  for (const { note, position, raised } of placed) note.style.setProperty("--at", `${fits ? raised : position}px`);
  if (article.matches(".placed")) return;
  article.classList.add("placed");
  prose.querySelector("li:target")?.scrollIntoView(); // the browser scrolled to where it was
}

if (notes.length) {
  const observer = new ResizeObserver(placeNotes);
  requestAnimationFrame(async () => {
    article.offsetHeight; // the page's first layout, which begins to load its fonts
    await document.fonts.ready;
    for (const part of [prose, ...notes]) observer.observe(part);
    document.fonts.addEventListener("loadingdone", placeNotes);
    placeNotes();
  });
  prose.addEventListener("click", (event) => {
    const mark = event.target.closest("[role=doc-noteref]");
    const note = notes.find(({ id }) => mark?.hash === `#${id}`);
    if (!note || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    import("./open-note.js").then(({ openNote }) => openNote({ mark, note, prose, margin, middleOfLine, placeNotes }), () => location.assign(mark.hash));
  });
}
