/* Moves the one form under the comment being answered and back, with all that was typed; without script the links do it. */
const form = document.querySelector("form#respond");
const title = document.getElementById("respond-title");
const cancel = form?.querySelector(".cancel");
const parent = form?.elements.parent;
form?.closest(".thread .closing")?.replaceWith(form);

function home() {
  const place = document.querySelector("main > .closing") ?? document.createElement("div");
  if (!place.isConnected) {
    place.className = "closing leaf";
    document.getElementById("comments").after(place);
  }
  return place;
}

/* The browser brings back what was typed when one comes back or reloads, but not where the form stood. */
function remember(answering) {
  history.replaceState({ ...history.state, answering }, "");
}

function answer(comment) {
  const name = document.createElement("bdi");
  name.textContent = comment.querySelector(".by").textContent;
  const [before, after] = title.dataset.answer.split("%s");
  title.replaceChildren(before, name, after);
  parent.value = comment.id.slice("comment-".length);
  remember(parent.value);
  cancel.hidden = false;
  comment.querySelector(".say").after(form);
}

function stand() {
  title.textContent = title.dataset.plain;
  parent.value = "";
  remember("");
  cancel.hidden = true;
  home().append(form);
}

/* Under the comment with that key, or back with none; false if that cannot be answered on this page. */
export function move(key) {
  const comment = key && document.getElementById(`comment-${key}`);
  const focused = document.activeElement;
  if (!key) stand();
  else if (comment?.querySelector(":scope > .say .reply")) answer(comment);
  else return false;
  if (document.activeElement !== focused) focused.focus(); // what is moved loses it
  return true;
}

document.addEventListener("click", (event) => {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest(".reply, .cancel");
  if (!link || !form) return;
  event.preventDefault();
  const answered = document.getElementById(`comment-${parent.value}`);
  move(link.dataset.comment);
  parent.dispatchEvent(new Event("input"));
  if (link === cancel) answered?.querySelector(".reply").focus();
  else form.elements.text.focus();
});

if (form && history.state?.answering) move(history.state.answering);
