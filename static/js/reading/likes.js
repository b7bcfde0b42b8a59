/* Likes without leaving the page, and lists who likes something in a dialog; without JavaScript the form and the
   link open a page. */
function toggle(likes) {
  for (const part of likes.querySelectorAll("[data-other]")) {
    [part.textContent, part.dataset.other] = [part.dataset.other, part.textContent];
  }
}

async function send(likes, form, { name, value }) {
  const status = likes.querySelector("[data-lost], [role=status]") ?? likes.appendChild(document.createElement("div"));
  let message = document.querySelector("[data-lost]").dataset.lost;
  status.role = "status";
  status.textContent = "";
  try {
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams({ [name]: value, fragment: 1 }) });
    const html = await response.text();
    if (!html.startsWith("<!")) { // otherwise a whole page: the site is in trouble
      message = html;
      if (response.ok) {
        likes.insertAdjacentHTML("afterend", message);
        const updated = likes.nextElementSibling;
        const button = updated.querySelector("button");
        likes.remove();
        if (document.activeElement === document.body) button.focus();
        for (const other of document.querySelectorAll(`.likes form[action="${form.getAttribute("action")}"]`)) {
          if (!updated.contains(other)) other.closest(".likes").replaceWith(updated.cloneNode(true)); // the strongest objection is shown twice
        }
        if (isToggled.get(likes)) button.click();
        return;
      }
    }
  } catch {} // `message` already says so
  if (!isToggled.get(likes)) toggle(likes);
  isToggled.delete(likes);
  status.innerHTML = message;
  if (status.querySelector("[name=login]")) awaitingLogin.set(likes, form);
}

/* Likes that need a login, which may also happen in another window: then they are sent again. */
const awaitingLogin = new Map();
try {
  new BroadcastChannel("login").onmessage = ({ data: outcome }) => {
    if (outcome !== "in" && !/^\d+$/.test(outcome)) return;
    for (const [likes, form] of awaitingLogin) if (likes.isConnected) form.requestSubmit(form.querySelector("[name=like]"));
    awaitingLogin.clear();
  };
} catch {} // where cookies are blocked there may be no channel

/* One request at a time: the response to a guest's first like sets who they are. A press during a request shows
   immediately, and is sent afterwards if it still applies. */
const isToggled = new WeakMap();
let queue = Promise.resolve();
addEventListener("submit", (event) => {
  const { target, submitter } = event;
  const likes = target.closest(".likes");
  if (!likes || submitter?.name === "login") return;
  event.preventDefault();
  toggle(likes);
  if (isToggled.has(likes)) isToggled.set(likes, !isToggled.get(likes));
  else {
    isToggled.set(likes, false);
    queue = queue.then(() => send(likes, target, submitter));
  }
});

async function showLikers(url) {
  const page = new DOMParser().parseFromString(await (await fetch(url)).text(), "text/html");
  const dialog = document.createElement("dialog");
  dialog.append(page.querySelector(".likers"));
  dialog.setAttribute("aria-labelledby", "likers-title");
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
}

addEventListener("click", (event) => {
  const link = event.target.closest(".likes :is(.said a, a.count)");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  showLikers(link).catch(() => location.assign(link));
});
