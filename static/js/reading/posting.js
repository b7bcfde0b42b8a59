/* Posts a comment while the page stays open. The server's own pages contain the result: the comment is inserted from
   there into the thread, or the errors into the form. Nothing typed is lost or posted twice. */
import "../shared/field-errors.js";
import { insertComment } from "./insert-comment.js";

const TIMEOUT_MS = 30_000;
const COUNT_FROM = 19_000; // characters; at three bytes each, close to the longest text
const CHUNK = 32_000;
const form = document.querySelector("form#respond");
const { text: field, parent, key } = form.elements;
const button = form.querySelector(".post");
const label = button.textContent;
const identity = document.getElementById("who");
let tools; // functions of the modules that the page has loaded: moveForm, setPassage, focusComment, showRelativeTimes

/* Parse in chunks, so that a long page doesn't block typing. */
async function parsePage(response) {
  const html = await response.text();
  const page = document.implementation.createHTMLDocument();
  for (let start = 0; start < html.length; start += CHUNK) {
    page.write(html.slice(start, start + CHUNK));
    await new Promise((next) => setTimeout(next));
  }
  page.close();
  return page;
}

function setBusy(isBusy) {
  button.setAttribute("aria-disabled", isBusy);
  button.textContent = isBusy ? button.dataset.busy : label;
}

function clearErrors() {
  for (const error of form.querySelectorAll(".errors, .field > .wrong")) error.remove();
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

function showErrors(errors) {
  form.querySelector("header").after(errors);
  errors.focus();
}

/* Show the message of a page without the form, as when the site is busy, or a network error if there is no page. */
function showFailure(page) {
  const parts = [page?.querySelector("main h1"), page?.querySelector("main h1 ~ p")].filter(Boolean);
  const sentences = parts.map(({ textContent }) => textContent.trim().replace(/[\p{L}\p{N}]$/u, "$&."));
  const message = document.createElement("p");
  message.id = "respond-errors";
  message.textContent = [...(parts.length ? sentences : [button.dataset.away]), button.dataset.kept].join(" ");
  const errors = document.createElement("div");
  errors.className = "errors";
  errors.role = "group";
  errors.tabIndex = -1;
  errors.setAttribute("aria-labelledby", message.id);
  errors.append(message);
  clearErrors();
  showErrors(errors);
}

/* Replace the identity row by the server's, and keep what was typed in it since. */
function updateIdentity(row) {
  const typed = Array.from(identity.querySelectorAll("input:not([type=hidden])"));
  identity.replaceChildren(...row.childNodes);
  for (const { name, checked, value } of typed) {
    const input = identity.querySelector(`[name="${name}"]`);
    if (input) Object.assign(input, input.type === "checkbox" ? { checked } : { value });
  }
}

function showRejected(page) {
  const fresh = page.querySelector("#respond");
  const errors = fresh?.querySelector(".errors");
  if (errors) {
    clearErrors();
    updateIdentity(fresh.querySelector("#who"));
    for (const name of ["aria-invalid", "aria-describedby"]) {
      const value = fresh.elements.text.getAttribute(name);
      if (value) field.setAttribute(name, value);
    }
    field.after(...fresh.querySelectorAll("#respond-text-error"));
    if (parent.value && !fresh.elements.parent.value) {
      tools.moveForm("");
      parent.dispatchEvent(new Event("input"));
    }
    showErrors(errors);
    if (errors.querySelector("a[href^='/comments/']")) form.dispatchEvent(new Event("duplicate")); // already posted
  } else if (fresh) { // comments have been closed
    form.replaceWith(fresh);
    fresh.tabIndex = -1;
    fresh.focus();
  } else showFailure(page);
}

function resetForm(sent) {
  clearErrors();
  key.value = "";
  if (field.value === sent) field.value = "";
  tools.moveForm("");
  tools.setPassage("");
  for (const part of form.querySelectorAll(".preview, .draft")) part.hidden = true;
  field.dispatchEvent(new Event("input")); // deletes the draft, unless more was typed
}

async function showPosted(address, parentKey, sent) {
  const { order } = Object.fromEntries(new URLSearchParams(location.search));
  const url = new URL(address, location);
  if (order) url.searchParams.set("order", order);
  const id = `comment-${url.pathname.split("/")[2]}`;
  let isInserted = false;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const page = await parsePage(response);
    const branch = new URL(response.url);
    branch.searchParams.delete("comment");
    branch.searchParams.set("thread", parentKey);
    const isPart = parentKey && page.querySelector(".part"); // a part of a long thread, without the parent
    const thread = isPart ? await parsePage(await fetch(branch)) : page;
    resetForm(sent);
    isInserted = insertComment(id, thread, response.url, button.dataset.posted, tools);
    if (isInserted) {
      identity.replaceChildren(...page.querySelector("#who").childNodes);
      form.querySelector(".notify")?.replaceWith(page.querySelector(".notify") ?? "");
    }
  } catch {
    resetForm(sent);
  }
  if (!isInserted) location.assign(url);
}

export async function submit(loaded) {
  tools = loaded;
  if (button.getAttribute("aria-disabled") === "true") return;
  setBusy(true);
  key.value ||= Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  form.dispatchEvent(new Event("sending"));
  const body = new URLSearchParams(new FormData(form));
  body.set("in_place", 1);
  body.set("seconds", (performance.now() / 1000).toFixed(1)); // since the page was opened
  const parentKey = parent.value;
  const sent = field.value;
  let response, page;
  try {
    response = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status !== 201) page = await parsePage(response);
  } catch {
    response = null;
  }
  if (page) showRejected(page);
  else if (response) await showPosted(response.headers.get("Location"), parentKey, sent);
  else showFailure();
  setBusy(false);
}

function checkLength() {
  if (field.value.length > COUNT_FROM) import("./text-length.js").catch(() => {}); // optional: the server checks the length, too
}

field.removeAttribute("maxlength"); // so that pasted text stays whole and its length is shown
field.addEventListener("input", checkLength);
checkLength();
