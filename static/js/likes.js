/* Likes at once, and says who does in a dialog; without script the form and the link lead to a page. */
function turn(likes) {
  for (const part of likes.querySelectorAll("[data-other]")) {
    [part.textContent, part.dataset.other] = [part.dataset.other, part.textContent];
  }
}

async function send(likes, form, button) {
  const fields = new URLSearchParams({ [button.name]: button.value, fragment: 1 });
  const status = likes.querySelector("[role=status]") ?? likes.appendChild(document.createElement("p"));
  status.role = "status";
  status.textContent = "";
  likes.ariaBusy = true;
  turn(likes);
  let words = document.querySelector("[data-lost]")?.dataset.lost;
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields });
    words = await answer.text();
    if (answer.ok) {
      likes.outerHTML = words;
      return;
    }
  } catch {} // what stands in words says so
  likes.ariaBusy = null;
  turn(likes);
  status.innerHTML = words;
}

addEventListener("submit", async (event) => {
  const likes = event.target.closest(".likes");
  if (!likes) return;
  event.preventDefault();
  if (likes.ariaBusy) return;
  const mark = likes.parentElement, at = [...mark.children].indexOf(likes);
  await send(likes, event.target, event.submitter);
  if (document.activeElement === document.body) mark.children[at].querySelector("button").focus();
});

async function list(address) {
  const answer = await fetch(address);
  const likers = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".likers");
  const close = likers.querySelector(".back"), dialog = document.createElement("dialog");
  close.textContent = close.dataset.close;
  dialog.setAttribute("aria-labelledby", "likers-title");
  dialog.append(likers);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target !== dialog && event.target !== close) return;
    event.preventDefault();
    dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

addEventListener("click", (event) => {
  const link = event.target.closest(".likes :is(.said a, .count)");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  list(link.href).catch(() => location.assign(link.href));
});
