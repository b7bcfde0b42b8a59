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
  remember(comment.id);
  cancel.hidden = false;
  comment.querySelector(".say").after(form);
}

function stand() {
  const answered = document.getElementById(`comment-${parent.value}`);
  title.textContent = title.dataset.plain;
  parent.value = "";
  remember(null);
  cancel.hidden = true;
  home().append(form);
  return answered;
}

document.addEventListener("click", (event) => {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest(".reply, .cancel");
  if (!link || !form) return;
  event.preventDefault();
  if (link === cancel) {
    stand()?.querySelector(".reply").focus();
  } else {
    answer(link.closest(".comment"));
    (form.elements.text ?? form.querySelector(".icons a")).focus();
  }
});

const comment = form && document.getElementById(history.state?.answering);
if (comment?.querySelector(":scope > .say .reply")) answer(comment);
