/* Moves the reply form below the comment being answered and back, with everything typed; without JavaScript the
   links do this. */
const form = document.querySelector("form#respond");
const title = document.getElementById("respond-title");
const cancel = form?.querySelector(".cancel");
const parent = form?.elements.parent;
form?.closest(".thread .closing")?.replaceWith(form);

function defaultPlace() {
  const container = document.querySelector("main > .closing") ?? document.createElement("div");
  if (!container.isConnected) {
    container.className = "closing leaf";
    document.getElementById("comments").after(container);
  }
  return container;
}

/* On reload and Back the browser restores what was typed, but not where the form was. */
function rememberParent(answering) {
  history.replaceState({ ...history.state, answering }, "");
}

function moveBelow(comment) {
  const name = document.createElement("bdi");
  name.textContent = comment.querySelector(".by").textContent;
  const [before, after] = title.dataset.answer.split("%s");
  title.replaceChildren(before, name, after);
  parent.value = comment.id.slice("comment-".length);
  rememberParent(parent.value);
  cancel.hidden = false;
  comment.querySelector(".say").after(form);
}

function moveBack() {
  title.textContent = title.dataset.plain;
  parent.value = "";
  rememberParent("");
  cancel.hidden = true;
  defaultPlace().append(form);
}

/* Move the form below the comment with that key, or back without one; false if that comment can't be answered here. */
export function moveForm(key) {
  const comment = key && document.getElementById(`comment-${key}`);
  const focused = document.activeElement;
  if (!key) moveBack();
  else if (comment?.querySelector(":scope > .say .reply")) moveBelow(comment);
  else return false;
  if (document.activeElement !== focused) focused.focus(); // moving an element drops its focus
  return true;
}

/* Show in the form which passage the comment is on; nothing for none. `value` is that of the form's field. */
export function setPassage(value) {
  const { on } = form.elements;
  const box = form.querySelector(".passage");
  if (on.value === value) return;
  on.value = value;
  box.hidden = !value;
  box.querySelector(".lost")?.remove();
  const quoted = box.querySelector("q");
  quoted.parentElement.hidden = false;
  if (value) quoted.textContent = JSON.parse(value)[2];
  on.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest(".reply, .cancel, .to-reply");
  if (!link || !form) return;
  const key = link.matches(".reply") && new URL(link.href).searchParams.get("replyto"); // the strongest objection is shown twice
  if (key && !document.getElementById(`comment-${key}`)) return;
  event.preventDefault();
  const previous = document.getElementById(`comment-${parent.value}`);
  moveForm(key);
  parent.dispatchEvent(new Event("input"));
  if (link === cancel) previous?.querySelector(".reply").focus();
  else form.elements.text.focus();
});

if (form && history.state?.answering) moveForm(history.state.answering);
