/* Logs in from the reply form in a window of its own. The page stays as it is: only the identity row is changed, here
   and on every other open page, when somebody comes in or leaves. Without script the same buttons make a round trip. */
const form = document.querySelector("form#respond");
const who = document.getElementById("who");
const template = document.getElementById("connecting");
const status = document.createElement("p");
const base = form?.getAttribute("action").replace(/respond\/$/, "");
const channel = open_channel();
const typed = {};
let connecting = null;
let pending = null; // the provider whose login may still end in the other window

/* Where cookies are refused there may be no channel either. */
function open_channel() {
  try {
    return new BroadcastChannel("login");
  } catch {
    return null;
  }
}

function say(words) {
  status.className = "unseen";
  status.role = "status";
  status.textContent = "";
  form.append(status);
  setTimeout(() => (status.textContent = words), 50); // else the same words twice are heard once
}

function remember() {
  for (const field of who.querySelectorAll("input:not([type=hidden])")) typed[field.name] = field.type === "checkbox" ? field.checked : field.value;
}

/* Whoever writes on meanwhile keeps the caret. */
const has_focus = () => who.contains(document.activeElement) || document.activeElement === document.body;

/* Draws the row anew as the server sees it now; whether somebody is logged in. */
async function refresh(query = "") {
  const answer = await fetch(`${base}identity/${query}`, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.status);
  const words = await answer.text();
  const was_inside = has_focus();
  remember();
  who.innerHTML = words;
  for (const [name, value] of Object.entries(typed)) {
    const field = who.querySelector(`[name="${name}"]`);
    if (field?.type === "checkbox") field.checked = value;
    else if (field && value) field.value = value;
  }
  connecting = null;
  pending = null;
  return { is_in: Boolean(who.querySelector(".you")), was_inside };
}

async function renew(query, focus) {
  try {
    const { is_in, was_inside } = await refresh(query);
    if (was_inside) (who.querySelector(focus) ?? who.querySelector(".identity")).focus();
    if (is_in) say(who.querySelector(".you p").textContent.trim());
    else if (!who.querySelector("[data-keep]")) say(template.dataset.out); // who only changes is still logged in
    return is_in;
  } catch {
    return trouble(template.dataset.away);
  }
}

/* The row while the log-in goes on elsewhere, as high as it was. */
function show(button, words, is_waiting) {
  const row = who.querySelector(".identity");
  const room = connecting?.room ?? row.offsetHeight;
  row.querySelector(".trouble")?.remove();
  row.querySelector(".connecting")?.remove();
  row.querySelector("[aria-pressed]")?.removeAttribute("aria-pressed");
  const panel = row.querySelector(".panel");
  if (panel) panel.hidden = true;
  button.setAttribute("aria-pressed", "true");
  row.append(template.content.cloneNode(true));
  const face = row.querySelector(".connecting");
  face.classList.toggle("is-wrong", !is_waiting);
  face.querySelector("em").textContent = words;
  const onward = face.querySelector("[data-onward]");
  onward.hidden = is_waiting;
  onward.setAttribute("formaction", button.getAttribute("formaction"));
  row.style.minBlockSize = `${room}px`;
  connecting = { button, room, is_waiting };
  say(words);
}

function row_again(words) {
  const row = who.querySelector(".identity");
  const button = connecting?.button;
  const was_inside = has_focus();
  row.querySelector(".connecting")?.remove();
  row.querySelector(".trouble")?.remove();
  row.style.minBlockSize = "";
  button?.removeAttribute("aria-pressed");
  const panel = row.querySelector(".panel");
  if (panel) panel.hidden = false;
  connecting = null;
  if (words) {
    const sentence = document.createElement("p");
    sentence.className = "trouble";
    sentence.textContent = words;
    row.querySelector("legend").after(sentence);
    say(words);
  }
  if (was_inside) button?.focus();
}

function trouble(words) {
  if (who.querySelector("legend")) row_again(words);
  else say(words);
  return false;
}

function connect(button) {
  if (!navigator.cookieEnabled) return row_again(template.dataset.cookies);
  const left = screenX + Math.max(0, (outerWidth - 600) / 2);
  const small = open("", "login", `popup,width=600,height=720,left=${left},top=${screenY + 60}`);
  if (!small) {
    show(button, template.dataset.blocked, false);
    who.querySelector("[data-onward]").focus();
    return;
  }
  const away = document.createElement("form");
  away.method = "post";
  away.action = button.getAttribute("formaction");
  away.target = "login";
  away.innerHTML = '<input type="hidden" name="window" value="1">';
  document.body.append(away);
  away.submit();
  away.remove();
  show(button, template.dataset.connecting.replace("%s", button.dataset.connect), true);
  pending = button.dataset.connect;
  who.querySelector("[data-stop]").focus();
}

/* Back on this page before the other window has reported: nobody can tell whether it is still open, so the icons come
   back. A login that is completed there later is heard of, or found at the next return. */
async function look_again() {
  if (document.hidden || !pending) return;
  const before = connecting;
  try {
    const answer = await fetch(`${base}identity/`);
    const [, came_in] = (answer.ok && (await answer.text()).match(/name="as" value="(\d+)"/)) || [];
    if (connecting !== before) return;
    if (came_in && came_in !== who.querySelector("[data-keep]")?.dataset.keep) await renew("", ".identity");
    else if (before?.is_waiting) row_again(template.dataset.waiting);
  } catch {
    if (before?.is_waiting && connecting === before) trouble(template.dataset.away);
  }
}

async function leave(button) {
  try {
    const answer = await fetch(button.getAttribute("formaction"), { method: "POST", body: new URLSearchParams({ window: 1 }) });
    if (!answer.ok) throw new Error(answer.status);
    channel?.postMessage("out");
    await renew("", ".icons button");
  } catch {
    trouble(template.dataset.away);
  }
}

/* Whom the row speaks for: a number, or a guest. */
const speaker = () => who.querySelector("[name=as]")?.value;

async function heard(outcome) {
  const is_news = /^\d+$/.test(outcome) && outcome !== speaker() && !who.querySelector("[data-keep]");
  if (is_news || outcome === "out" || outcome === "in") await renew("", ".identity");
  else if (pending && template.dataset[outcome]) {
    const name = pending;
    pending = null;
    trouble(template.dataset[outcome].replace("%s", name));
  }
}

if (form && who) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.matches("[data-onward]")) return;
    const { connect: name, leave: leaves, change, keep, stop } = button.dataset;
    if ([name, leaves, change, keep, stop].every((value) => value === undefined)) return;
    event.preventDefault();
    if (name !== undefined) connect(button);
    else if (leaves !== undefined) leave(button);
    else if (change !== undefined) renew("?change=1", ".icons button");
    else if (keep !== undefined) renew("", ".identity");
    else {
      pending = null;
      row_again();
    }
  });
  channel?.addEventListener("message", ({ data }) => heard(data));
  if (who.querySelector(".you")) channel?.postMessage(speaker());
  addEventListener("focus", look_again);
  document.addEventListener("visibilitychange", look_again);
}
