/* Likes at once, and says who does in a dialog; without script the form and the link lead to a page. */
function turn(likes) {
  for (const part of likes.querySelectorAll("[data-other]")) {
    [part.textContent, part.dataset.other] = [part.dataset.other, part.textContent];
  }
}

async function send(likes, form, { name, value }) {
  const status = likes.querySelector("[data-lost], [role=status]") ?? likes.appendChild(document.createElement("div"));
  let words = document.querySelector("[data-lost]").dataset.lost;
  status.role = "status";
  status.textContent = "";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams({ [name]: value, fragment: 1 }) });
    const said = await answer.text();
    if (!said.startsWith("<!")) { // else a whole page, which says that the site is in trouble
      words = said;
      if (answer.ok) {
        likes.insertAdjacentHTML("afterend", words);
        const fresh = likes.nextElementSibling;
        const button = fresh.querySelector("button");
        likes.remove();
        if (document.activeElement === document.body) button.focus();
        if (isOtherwise.get(likes)) button.click();
        return;
      }
    }
  } catch {} // the words are there already
  if (!isOtherwise.get(likes)) turn(likes);
  isOtherwise.delete(likes);
  status.innerHTML = words;
  if (status.querySelector("[name=login]")) refused.set(likes, form);
}

/* Likes that need a login, which may also happen in another window: then they are sent again. */
const refused = new Map();
try {
  new BroadcastChannel("login").onmessage = ({ data: outcome }) => {
    if (outcome !== "in" && !/^\d+$/.test(outcome)) return;
    for (const [likes, form] of refused) if (likes.isConnected) form.requestSubmit(form.querySelector("[name=like]"));
    refused.clear();
  };
} catch {} // where cookies are refused there may be no channel either

/* One after the other: the answer to a guest's first like says who they are. What is pressed again meanwhile shows at
   once, and is sent if it is still wished for when the answer is here. */
const isOtherwise = new WeakMap();
let sent = Promise.resolve();
addEventListener("submit", (event) => {
  const { target, submitter } = event;
  const likes = target.closest(".likes");
  if (!likes || submitter?.name === "login") return;
  event.preventDefault();
  turn(likes);
  if (isOtherwise.has(likes)) isOtherwise.set(likes, !isOtherwise.get(likes));
  else {
    isOtherwise.set(likes, false);
    sent = sent.then(() => send(likes, target, submitter));
  }
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
  const link = event.target.closest(".likes :is(.said a, a.count)");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  list(link).catch(() => location.assign(link));
});
