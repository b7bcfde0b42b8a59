/* Enter leads from title to deck to text. Ctrl+S saves; the page that comes back stands where it was left, its cursor in the same place. */
const form = document.querySelector("#essay_form");
const NAME = "essay-place";
const words = () => document.querySelector(".editor-text");

/* How many characters of the text stand before a point, and the point that many characters on. */
function before(root, node, offset) {
  const range = document.createRange();
  range.setStart(root, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

function point(root, count) {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let rest = count;
  while (walk.nextNode()) {
    if (rest <= walk.currentNode.length) return [walk.currentNode, rest];
    rest -= walk.currentNode.length;
  }
  return null;
}

function leave() {
  const root = words();
  const chosen = getSelection();
  const at = root?.contains(document.activeElement) && chosen.focusNode && root.contains(chosen.focusNode) ? before(root, chosen.focusNode, chosen.focusOffset) : null;
  const name = at === null ? document.activeElement?.id : "";
  sessionStorage.setItem(NAME, JSON.stringify({ top: scrollY, at, name }));
}

function comeBack() {
  const left = JSON.parse(sessionStorage.getItem(NAME) ?? "null");
  sessionStorage.removeItem(NAME);
  if (!left || !isSaved || !words()) return;
  if (left.at !== null) {
    const found = point(words(), left.at);
    words().focus({ preventScroll: true });
    if (found) getSelection().collapse(...found);
  } else if (left.name) document.getElementById(left.name)?.focus({ preventScroll: true });
  scrollTo({ top: left.top, behavior: "instant" });
}

const isSaved = location.hash.startsWith("#saved-");
if (form) {
  form.addEventListener("submit", ({ submitter }) => submitter?.formTarget !== "_blank" && leave());
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "s") return;
    const save = form.querySelector("[name=_draft]");
    if (!save) return;
    event.preventDefault();
    if (!event.repeat) form.requestSubmit(save);
  });
  for (const name of ["title", "deck"]) {
    const field = form.elements[name]; // one line, however long: Enter leads on
    field?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      (name === "title" ? form.elements.deck : words() ?? form.elements.body).focus();
    });
  }
  if (words()) comeBack();
  else addEventListener("essay-ready", comeBack, { once: true });
}
