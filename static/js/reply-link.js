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

function answer(comment) {
  const name = document.createElement("bdi");
  name.textContent = comment.querySelector(".by").textContent;
  const [before, after] = title.dataset.answer.split("%s");
  title.replaceChildren(before, name, after);
  parent.value = comment.id.slice("comment-".length);
  cancel.hidden = false;
  comment.querySelector(".say").after(form);
}

function stand() {
  const answered = document.getElementById(`comment-${parent.value}`);
  title.textContent = title.dataset.plain;
  parent.value = "";
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
    form.elements.text.focus();
  }
});

/* A page come back to by the back button still knows whom it was answering. */
addEventListener("pageshow", () => {
  const comment = parent?.value && document.getElementById(`comment-${parent.value}`);
  if (comment && !comment.contains(form)) answer(comment);
});
