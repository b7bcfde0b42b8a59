/* Posts while the page stays open. What became of it the server says in its own pages: the comment is taken from there
   and put where it stands, or what is wrong is put into the form. Nothing typed is lost, and nothing is posted twice. */
import "../shared/field-errors.js";
import { insert } from "./insert-comment.js";
import { move } from "./reply-target.js";

const PATIENCE = 30_000;
const NEARLY_FULL = 19_000; // of these, each of three bytes, the longest text would be
const PIECE = 32_000;
const form = document.querySelector("form#respond");
const { text: field, parent, key } = form.elements;
const button = form.querySelector(".post");
const rest = button.textContent;
const who = document.getElementById("who");

/* Piece by piece, so that a long argument keeps nobody from typing. */
async function parse(answer) {
  const words = await answer.text();
  const page = document.implementation.createHTMLDocument();
  for (let at = 0; at < words.length; at += PIECE) {
    page.write(words.slice(at, at + PIECE));
    await new Promise((next) => setTimeout(next));
  }
  page.close();
  return page;
}

function wait(isBusy) {
  button.setAttribute("aria-disabled", isBusy);
  button.textContent = isBusy ? button.dataset.busy : rest;
}

function forgive() {
  for (const words of form.querySelectorAll(".errors, .field > .wrong")) words.remove();
  for (const wrong of form.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
}

function complain(errors) {
  form.querySelector("header").after(errors);
  errors.focus();
}

/* Words from a page that knows nothing of the form, as when the site is busy; and from none, when it is out of reach. */
function trouble(page) {
  const said = [page?.querySelector("main h1"), page?.querySelector("main h1 ~ p")].filter(Boolean);
  const sentences = said.map(({ textContent: words }) => words.trim().replace(/[\p{L}\p{N}]$/u, "$&."));
  const words = document.createElement("p");
  words.id = "respond-errors";
  words.textContent = [...(said.length ? sentences : [button.dataset.away]), button.dataset.kept].join(" ");
  const errors = document.createElement("div");
  errors.className = "errors";
  errors.role = "group";
  errors.tabIndex = -1;
  errors.setAttribute("aria-labelledby", words.id);
  errors.append(words);
  forgive();
  complain(errors);
}

/* The row of who speaks as the server sees it now; what was typed there meanwhile stays. */
function renew(row) {
  const typed = Array.from(who.querySelectorAll("input:not([type=hidden])"));
  who.replaceChildren(...row.childNodes);
  for (const { name, checked, value } of typed) {
    const input = who.querySelector(`[name="${name}"]`);
    if (input) Object.assign(input, input.type === "checkbox" ? { checked } : { value });
  }
}

function refuse(page) {
  const theirs = page.querySelector("#respond");
  const errors = theirs?.querySelector(".errors");
  if (errors) {
    forgive();
    renew(theirs.querySelector("#who"));
    for (const name of ["aria-invalid", "aria-describedby"]) {
      const value = theirs.elements.text.getAttribute(name);
      if (value) field.setAttribute(name, value);
    }
    field.after(...theirs.querySelectorAll("#respond-text-error"));
    if (parent.value && !theirs.elements.parent.value) {
      move("");
      parent.dispatchEvent(new Event("input"));
    }
    complain(errors);
    if (errors.querySelector("a[href^='/comments/']")) form.dispatchEvent(new Event("taken")); // it is there already
  } else if (theirs) { // closed meanwhile
    form.replaceWith(theirs);
    theirs.tabIndex = -1;
    theirs.focus();
  } else trouble(page);
}

function empty(sent) {
  forgive();
  key.value = "";
  if (field.value === sent) field.value = "";
  move("");
  for (const part of form.querySelectorAll(".preview, .draft")) part.hidden = true;
  field.dispatchEvent(new Event("input")); // so its draft goes, which has not been typed on
}

async function take(address, answered, sent) {
  const { order } = Object.fromEntries(new URLSearchParams(location.search));
  const place = new URL(address, location);
  if (order) place.searchParams.set("order", order);
  const id = `comment-${place.pathname.split("/")[2]}`;
  let isHere = false;
  try {
    const answer = await fetch(place, { signal: AbortSignal.timeout(PATIENCE) });
    const page = await parse(answer);
    const branch = new URL(answer.url);
    branch.searchParams.delete("comment");
    branch.searchParams.set("thread", answered);
    const isPart = answered && page.querySelector(".part"); // of a long argument, without what is answered
    const whole = isPart ? await parse(await fetch(branch)) : page;
    empty(sent);
    isHere = insert(id, whole, answer.url, button.dataset.posted);
    if (isHere) {
      who.replaceChildren(...page.querySelector("#who").childNodes);
      form.querySelector(".notify")?.replaceWith(page.querySelector(".notify") ?? "");
    }
  } catch {
    empty(sent);
  }
  if (!isHere) location.assign(place);
}

export async function act() {
  if (button.getAttribute("aria-disabled") === "true") return;
  wait(true);
  key.value ||= Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  form.dispatchEvent(new Event("sending"));
  const body = new URLSearchParams(new FormData(form));
  body.set("in_place", 1);
  body.set("seconds", (performance.now() / 1000).toFixed(1)); // since the page was opened
  const answered = parent.value;
  const sent = field.value;
  let answer, page;
  try {
    answer = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status !== 201) page = await parse(answer);
  } catch {
    answer = null;
  }
  if (page) refuse(page);
  else if (answer) await take(answer.headers.get("Location"), answered, sent);
  else trouble();
  wait(false);
}

function measure() {
  if (field.value.length > NEARLY_FULL) import("./text-length.js").catch(() => {}); // the server says it as well
}

field.removeAttribute("maxlength"); // so that what is pasted stays whole, and its length is said
field.addEventListener("input", measure);
measure();
