/* The entry of the page where a comment is edited. Keeps what is typed until it is saved, in case the page is reloaded. */
import "../forms.js";
import "./formatting.js";

const field = document.querySelector("#edit-text[name]");
const { seen } = field?.form.elements ?? {};
const name = `edit ${location.pathname}`;

function store(draft) {
  try {
    if (draft) sessionStorage.setItem(name, JSON.stringify({ text: field.value, seen: seen.value, ...draft }));
    else sessionStorage.removeItem(name);
  } catch {
    // the browser refuses storage
  }
}

function restore() {
  let draft;
  try {
    draft = JSON.parse(sessionStorage.getItem(name));
  } catch {
    // as above
  }
  if (!draft) return;
  if (draft.isSent && draft.seen !== seen.value) return store(null); // it was saved
  field.value = draft.text;
  seen.value = draft.seen; // so that a version saved in another window is noticed
}

if (field) {
  if (field.value === field.defaultValue) restore();
  else store({}); // typed before this script ran
  field.addEventListener("input", () => store({}));
  field.form.addEventListener("submit", (event) => event.defaultPrevented || store({ isSent: true }));
  document.querySelector(".ways a").addEventListener("click", () => store(null)); // canceled
}
