/* Enter leads from title to deck to text. Ctrl+S saves; the page that comes back stands where it was left, its cursor in the same place. */
const form = document.querySelector("#essay_form");
const NAME = "essay-place";
const editor = document.querySelector(".essay-editor");
const words = () => document.querySelector(".editor-text");

function leave() {
  const where = { at: null };
  editor?.dispatchEvent(new CustomEvent("essay-where", { detail: where }));
  sessionStorage.setItem(NAME, JSON.stringify({ top: scrollY, at: where.at, name: document.activeElement?.id, isFull: editor?.classList.contains("is-full") }));
}

function comeBack() {
  const left = JSON.parse(sessionStorage.getItem(NAME) ?? "null");
  sessionStorage.removeItem(NAME);
  if (!left || !isSaved) return;
  if (left.at !== null) editor.dispatchEvent(new CustomEvent("essay-stand", { detail: left }));
  else if (left.name) document.getElementById(left.name)?.focus({ preventScroll: true });
  scrollTo({ top: left.top, behavior: "instant" });
  announce();
  if (!left.isFull) return;
  editor.dispatchEvent(new CustomEvent("essay-full"));
  form.querySelector(".kept").textContent = said(); // what stands at the top is covered
}

const said = () => document.querySelector(".messagelist")?.textContent.trim() ?? "";

/* What stands at the top of a page that comes back is not read aloud to somebody put back into the text. */
function announce() {
  const aloud = document.createElement("p");
  aloud.className = "visually-hidden";
  aloud.setAttribute("role", "status");
  form.append(aloud);
  setTimeout(() => { aloud.textContent = said(); }, 100);
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
