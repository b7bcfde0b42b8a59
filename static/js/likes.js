/* Likes at once, and says who does in a dialog; without script the form and the link lead to a page. */
function turn(likes) {
  for (const part of likes.querySelectorAll("[data-other]")) {
    [part.textContent, part.dataset.other] = [part.dataset.other, part.textContent];
  }
}

async function send(likes, form, { name, value }) {
  const status = likes.querySelector("[data-lost], [role=status]") ?? likes.appendChild(document.createElement("p"));
  let words = document.querySelector("[data-lost]").dataset.lost;
  status.role = "status";
  status.textContent = "";
  turn(likes);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams({ [name]: value, fragment: 1 }) });
    const said = await answer.text();
    if (!said.startsWith("<!")) { // else a whole page, which says that the site is in trouble
      words = said;
      if (answer.ok) {
        likes.insertAdjacentHTML("afterend", words);
        const fresh = likes.nextElementSibling;
        likes.remove();
        if (document.activeElement === document.body) fresh.querySelector("button").focus();
        return;
      }
    }
  } catch {} // the words are there already
  turn(likes);
  status.innerHTML = words;
}

/* One after the other: the answer to a guest's first like says who they are. */
let sent = Promise.resolve();
addEventListener("submit", (event) => {
  const { target, submitter } = event;
  const likes = target.closest(".likes");
  if (!likes) return;
  event.preventDefault();
  sent = sent.then(() => likes.isConnected && send(likes, target, submitter)); // not when pressed twice
});

async function list(address) {
  const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
  const dialog = document.createElement("dialog");
  dialog.append(page.querySelector(".likers"));
  dialog.setAttribute("aria-labelledby", "likers-title");
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
}

addEventListener("click", (event) => {
  const link = event.target.closest(".likes :is(.said a, .count)");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  list(link).catch(() => location.assign(link));
});
