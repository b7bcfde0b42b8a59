/* Keyboard use of the essay form: Enter moves from title to subtitle to text. Ctrl+S saves, and the page that
   returns has its scroll position and cursor back. */
const form = document.querySelector("#essay_form");
const STORAGE_KEY = "essay-position";
const editor = document.querySelector(".essay-editor");
const textElement = () => document.querySelector(".editor-text");

function savePosition() {
  const position = { at: null };
  editor?.dispatchEvent(new CustomEvent("essay-get-position", { detail: position }));
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ top: scrollY, at: position.at, name: document.activeElement?.id }));
}

function restorePosition() {
  const saved = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null");
  sessionStorage.removeItem(STORAGE_KEY);
  if (!saved || !isSaved) return;
  if (saved.at !== null) editor.dispatchEvent(new CustomEvent("essay-set-position", { detail: saved }));
  else if (saved.name) document.getElementById(saved.name)?.focus({ preventScroll: true });
  scrollTo({ top: saved.top, behavior: "instant" });
  announce();
}

const messages = () => document.querySelector(".messagelist")?.textContent.trim() ?? "";

/* Announce the messages at the top of the page; screen readers skip them when the focus is put back into the text. */
function announce() {
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  form.append(status);
  setTimeout(() => { status.textContent = messages(); }, 100);
}

document.documentElement.classList.add("has-writing-script"); // what only pages without scripts need is hidden
const isSaved = location.hash.startsWith("#saved-");
if (form) {
  form.addEventListener("submit", ({ submitter }) => submitter?.formTarget !== "_blank" && savePosition());
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "s") return;
    const save = form.elements._draft;
    if (!save) return;
    event.preventDefault();
    if (!event.repeat) form.requestSubmit(save);
  });
  for (const name of ["title", "deck"]) {
    const field = form.elements[name]; // a single line: Enter moves on
    field?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      (name === "title" ? form.elements.deck : textElement() ?? form.elements.body).focus();
    });
  }
  if (textElement()) restorePosition();
  else addEventListener("essay-ready", restorePosition, { once: true });
}
