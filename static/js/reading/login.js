/* Logs in from the reply form in a popup. The page stays as it is: only the identity row changes, here and on every
   other open page, at login and logout. Without JavaScript the same buttons lead there and back. */
const form = document.querySelector("form#respond");
const identity = document.getElementById("who");
const template = document.getElementById("connecting");
const status = document.createElement("p");
const base = form?.getAttribute("action").replace(/respond\/$/, "");
const channel = openChannel();
const typed = {};
let connecting = null;
let pending = null; // the provider whose login may still finish in the popup

/* Where cookies are blocked there may be no channel. */
function openChannel() {
  try {
    return new BroadcastChannel("login");
  } catch {
    return null;
  }
}

function announce(message) {
  status.className = "unseen";
  status.role = "status";
  status.textContent = "";
  form.append(status);
  setTimeout(() => (status.textContent = message), 50); // otherwise a repeated message is announced only once
}

function rememberTyped() {
  for (const field of identity.querySelectorAll("input:not([type=hidden])")) typed[field.name] = field.type === "checkbox" ? field.checked : field.value;
}

/* Whether the focus may be moved: not while a field elsewhere has it. */
const hasFocus = () => identity.contains(document.activeElement) || document.activeElement === document.body;

/* Replace the row by the server's current one; return whether the reader is logged in, and whether the focus was in
   it. */
async function refresh(query = "") {
  const response = await fetch(`${base}identity/${query}`, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(response.status);
  const html = await response.text();
  const hadFocus = hasFocus();
  rememberTyped();
  identity.innerHTML = html;
  for (const [name, value] of Object.entries(typed)) {
    const field = identity.querySelector(`[name="${name}"]`);
    if (field?.type === "checkbox") field.checked = value;
    else if (field && value) field.value = value;
  }
  connecting = null;
  pending = null;
  return { isLoggedIn: Boolean(identity.querySelector(".you")), hadFocus };
}

async function update(query, selector) {
  try {
    const { isLoggedIn, hadFocus } = await refresh(query);
    if (hadFocus) (identity.querySelector(selector) ?? identity.querySelector(".identity")).focus();
    if (isLoggedIn) announce(identity.querySelector(".you p").textContent.trim());
    else if (!identity.querySelector("[data-keep]")) announce(template.dataset.out); // "Change" keeps the login
    return isLoggedIn;
  } catch {
    return showTrouble(template.dataset.away);
  }
}

/* Show the row as connecting or blocked, without changing its height. */
function showState(button, message, isWaiting) {
  const row = identity.querySelector(".identity");
  const height = connecting?.height ?? row.offsetHeight;
  row.querySelector(".trouble")?.remove();
  row.querySelector(".connecting")?.remove();
  row.querySelector("[aria-pressed]")?.removeAttribute("aria-pressed");
  const panel = row.querySelector(".panel");
  if (panel) panel.hidden = true;
  button.setAttribute("aria-pressed", "true");
  row.append(template.content.cloneNode(true));
  const view = row.querySelector(".connecting");
  view.classList.toggle("is-wrong", !isWaiting);
  view.querySelector("em").textContent = message;
  const continueButton = view.querySelector("[data-onward]");
  continueButton.hidden = isWaiting;
  continueButton.setAttribute("formaction", button.getAttribute("formaction"));
  row.style.minBlockSize = `${height}px`;
  connecting = { button, height, isWaiting };
  announce(message);
}

function restoreRow(message) {
  const row = identity.querySelector(".identity");
  const button = connecting?.button;
  const hadFocus = hasFocus();
  row.querySelector(".connecting")?.remove();
  row.querySelector(".trouble")?.remove();
  row.style.minBlockSize = "";
  button?.removeAttribute("aria-pressed");
  const panel = row.querySelector(".panel");
  if (panel) panel.hidden = false;
  connecting = null;
  if (message) {
    const paragraph = document.createElement("p");
    paragraph.className = "trouble";
    paragraph.textContent = message;
    row.querySelector("legend").after(paragraph);
    announce(message);
  }
  if (hadFocus) button?.focus();
}

function showTrouble(message) {
  if (identity.querySelector("legend")) restoreRow(message);
  else announce(message);
  return false;
}

function openPopup(button) {
  if (!navigator.cookieEnabled) return restoreRow(template.dataset.cookies);
  const left = screenX + Math.max(0, (outerWidth - 600) / 2);
  const popup = open("", "login", `popup,width=600,height=720,left=${left},top=${screenY + 60}`);
  if (!popup) {
    showState(button, template.dataset.blocked, false);
    identity.querySelector("[data-onward]").focus();
    return;
  }
  const launcher = document.createElement("form");
  launcher.method = "post";
  launcher.action = button.getAttribute("formaction");
  launcher.target = "login";
  launcher.innerHTML = '<input type="hidden" name="window" value="1">';
  document.body.append(launcher);
  launcher.submit();
  launcher.remove();
  showState(button, template.dataset.connecting.replace("%s", button.dataset.connect), true);
  pending = button.dataset.connect;
  identity.querySelector("[data-stop]").focus();
}

/* On return to this page without a result, nothing tells whether the popup is still open, so the icons are shown
   again. A login that finishes there later is reported by a message, or found at the next return. */
async function checkLogin() {
  if (document.hidden || !pending) return;
  const previous = connecting;
  try {
    const response = await fetch(`${base}identity/`);
    const [, key] = (response.ok && (await response.text()).match(/name="as" value="(\d+)"/)) || [];
    if (connecting !== previous) return;
    if (key && key !== identity.querySelector("[data-keep]")?.dataset.keep) await update("", ".identity");
    else if (previous?.isWaiting) restoreRow(template.dataset.waiting);
  } catch {
    if (previous?.isWaiting && connecting === previous) showTrouble(template.dataset.away);
  }
}

async function logOut(button) {
  try {
    const response = await fetch(button.getAttribute("formaction"), { method: "POST", body: new URLSearchParams({ window: 1 }) });
    if (!response.ok) throw new Error(response.status);
    channel?.postMessage("out");
    await update("", ".icons button");
  } catch {
    showTrouble(template.dataset.away);
  }
}

/* Whom the row identifies: a number, or a guest. */
const currentKey = () => identity.querySelector("[name=as]")?.value;

async function onOutcome(outcome) {
  const isOther = /^\d+$/.test(outcome) && outcome !== currentKey() && !identity.querySelector("[data-keep]");
  if (isOther || outcome === "out" || outcome === "in") await update("", ".identity");
  else if (pending && template.dataset[outcome]) {
    const name = pending;
    pending = null;
    showTrouble(template.dataset[outcome].replace("%s", name));
  }
}

if (form && identity) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || button.matches("[data-onward]")) return;
    const { connect: name, leave: leaves, change, keep, stop } = button.dataset;
    if ([name, leaves, change, keep, stop].every((value) => value === undefined)) return;
    event.preventDefault();
    if (name !== undefined) openPopup(button);
    else if (leaves !== undefined) logOut(button);
    else if (change !== undefined) update("?change=1", ".icons button");
    else if (keep !== undefined) update("", ".identity");
    else {
      pending = null;
      restoreRow();
    }
  });
  channel?.addEventListener("message", ({ data }) => onOutcome(data));
  if (identity.querySelector(".you")) channel?.postMessage(currentKey());
  addEventListener("focus", checkLogin);
  document.addEventListener("visibilitychange", checkLogin);
}
