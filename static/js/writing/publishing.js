/* The publishing step. Over the writing page it is a dialog: “Publish” saves the form, and the page that returns opens
   it. There and on its own page the button names the date, the card shows what is typed, and nothing typed is lost. */

import { deleteLocal, findTexts, leftData, savedDeleted } from "./local-texts.js";

const form = document.querySelector("#essay_form");
const TIMEOUT_MS = 20_000;
const KEPT = ["title", "excerpt", "slug", "note", "when", "date", "time", "emails", "update", "cover"];

let leftSent = Promise.resolve(false); // whether an earlier page left a newer text, once the server has it

const language = () => document.documentElement.lang.replace(/^en$/, "en-US");

class Step {
  /* `opened` has the values of the server, from which what is typed may differ. */
  constructor(root, opened) {
    this.root = root;
    this.form = root.querySelector("form.step");
    this.field = (name) => this.form.elements[name];
    this.part = (name) => root.querySelector(`[data-part=${name}]`);
    this.opened = opened ?? this.values(true);
    this.restore();
    this.form.addEventListener("input", (event) => this.onInput(event));
    this.form.addEventListener("change", () => this.show());
    this.form.addEventListener("submit", (event) => this.submit(event));
    const choose = this.part("choose");
    choose.hidden = false;
    choose.addEventListener("click", () => document.dispatchEvent(new CustomEvent("choose-picture", { detail: { use: (picture) => this.addPicture(picture) } })));
    this.show();
  }

  /* The fields' values, or those with which the page came, whatever was typed before this script ran. */
  values(asOpened = false) {
    const value = (field) => (asOpened ? field.defaultValue : field.value);
    const isChosen = (field) => !["checkbox", "radio"].includes(field.type) || (asOpened ? field.defaultChecked : field.checked);
    const fields = [...this.form.elements];
    return Object.fromEntries(KEPT.map((name) => {
      const found = fields.find((field) => field.name === name && isChosen(field));
      return [name, found ? value(found) : ""];
    }));
  }

  /* What was typed here before stays, unless the server's own value has changed since. */
  restore() {
    const kept = JSON.parse(localStorage.getItem(this.root.dataset.key) ?? "{}");
    const now = this.values();
    for (const [name, [before, value]] of Object.entries(kept)) {
      const field = this.field(name);
      if (!field || before !== this.opened[name] || now[name] !== this.opened[name]) continue; // or typed again already
      if (field.type === "checkbox") field.checked = Boolean(value);
      else field.value = value; // of a group of radio buttons too
    }
    if (KEPT.some((name) => now[name] !== this.opened[name])) this.keep(); // typed before this script ran
  }

  keep() {
    const values = this.values();
    const changed = KEPT.filter((name) => values[name] !== this.opened[name]).map((name) => [name, [this.opened[name], values[name]]]);
    localStorage.setItem(this.root.dataset.key, JSON.stringify(Object.fromEntries(changed)));
  }

  onInput({ target }) {
    if (["date", "time"].includes(target.name)) this.field("when").value = "at";
    if (target.name === "title") this.emptySlug();
    this.show();
    this.keep();
  }

  /* A slug that was made from the title is made again, by the server, if the title changes. */
  emptySlug() {
    const [slug, title] = [this.field("slug"), this.field("title")];
    const { slug: made } = this.root.dataset;
    if (!made || !["", made].includes(slug.value)) return;
    slug.value = title.value.trim() === this.opened.title.trim() ? made : "";
  }

  show() {
    for (const element of this.root.querySelectorAll("[data-shows]")) {
      element.textContent = this.field(element.dataset.shows).value.trim() || (element.dataset.empty ?? "");
    }
    for (const count of this.root.querySelectorAll("[data-counts]")) {
      const { length } = document.getElementById(count.dataset.counts).value.trim();
      count.textContent = `${length} / ${count.dataset.of}`;
      count.classList.toggle("over", length > Number(count.dataset.of));
    }
    const chosen = this.form.querySelector("[name=cover]:checked");
    if (chosen) {
      const source = chosen.dataset.src;
      this.part("picture").hidden = !source;
      this.part("drawn").hidden = Boolean(source);
      if (source) this.part("picture").src = source;
    }
    this.showDate();
  }

  /* Name the chosen time on the button: a time on the author's clock, whatever the browser's time zone. */
  showDate() {
    const [date, time] = [this.field("date").value, this.field("time").value];
    const label = this.part("later");
    const address = this.part("address");
    if (address && date) {
      const shown = this.field("when").value === "at" ? date : this.root.dataset.now.slice(0, 10);
      address.textContent = address.textContent.replace(/\/\d{4}\/\d\d\/\d\d\/$/, `/${shown.replaceAll("-", "/")}/`);
    }
    if (!label || !date || !time) return;
    const { schedule, backdate, now } = this.root.dataset;
    const isPast = `${date}T${time}` <= now;
    const withYear = isPast || date.slice(0, 4) !== now.slice(0, 4);
    const options = { month: "long", day: "numeric", ...(withYear && { year: "numeric" }), timeZone: "UTC" };
    const day = new Date(`${date}T${time}Z`).toLocaleDateString(language(), options);
    label.textContent = isPast ? backdate.replace("{when}", day) : schedule.replace("{when}", `${day}, ${time}`);
  }

  addPicture({ id, src, small, alt }) {
    let choice = this.form.querySelector(`[name=cover][value="${id}"]`);
    if (!choice) {
      const label = document.createElement("label");
      choice = Object.assign(document.createElement("input"), { type: "radio", name: "cover", value: id });
      choice.dataset.src = src;
      const image = Object.assign(document.createElement("img"), { src: small, alt });
      label.append(choice, " ", image);
      this.part("pictures").append(label);
    }
    choice.checked = true;
    choice.focus();
    this.show();
    this.keep();
  }

  /* Send the form, and leave the page only if the server accepts it. A form that is sent twice counts once. */
  async submit(event) {
    event.preventDefault();
    if (this.isSending) return;
    this.setSending(true);
    if (await leftSent) return; // the writing page opens with it
    let response;
    try {
      const headers = { Accept: "application/json" };
      response = await fetch(this.form.action, { method: "POST", body: new FormData(this.form), headers, redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (response.ok) {
        const { location: next } = await response.json();
        localStorage.removeItem(this.root.dataset.key);
        location.replace(next);
        return;
      }
      if ([403, 409, 422].includes(response.status)) {
        this.replaceBy(await response.text());
        return;
      }
    } catch {
      // no network, or no server: said below
    }
    this.setSending(false);
    const isLoggedOut = response?.status === 401 || response?.type === "opaqueredirect";
    this.say(isLoggedOut ? "loggedOut" : "away");
  }

  setSending(isSending) {
    this.isSending = isSending;
    this.part("submit")?.setAttribute("aria-disabled", String(isSending));
  }

  replaceBy(html) {
    const root = parseStep(html);
    if (!root) {
      this.setSending(false);
      this.say("away");
      return;
    }
    this.root.replaceWith(root);
    new Step(root, this.opened);
    focusFirst(root, ".reason a, #publishing-title");
  }

  say(name) {
    const message = Object.assign(document.createElement("p"), { className: "reason", textContent: `${this.root.dataset[name]} ` });
    if (name === "loggedOut") {
      message.append(Object.assign(document.createElement("a"), { href: this.root.dataset.loginUrl, target: "_blank", rel: "noopener", textContent: this.root.dataset.logIn }));
    }
    this.part("alert").replaceChildren(message);
    message.scrollIntoView({ block: "nearest" });
  }
}

const parseStep = (html) => document.importNode(new DOMParser().parseFromString(html, "text/html").querySelector(".publishing"), true);
const focusFirst = (root, selector) => root.querySelector(selector)?.focus();

/* The step's own page: what an earlier page left in this browser is sent; if it is newer, the writing page opens it. */
async function openPage() {
  leftSent = sendLeft().catch(() => false);
  new Step(page); // at once, so that nothing is published without what was typed here before
  page.hidden = await leftSent;
  if (page.hidden) location.replace(page.querySelector("[data-part=close]").href);
}

/* Send what earlier pages left; return whether it has the newest text. */
async function sendLeft() {
  await savedDeleted;
  let hasNewest = false;
  for (const text of await findTexts(page.dataset)) {
    const address = location.pathname.replace(/publish\/$/, "draft/");
    const response = await fetch(address, { method: "POST", body: leftData(text, "", ""), redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) break;
    hasNewest = (await response.json()).opens;
    await deleteLocal(text.tab, text.number);
  }
  return hasNewest;
}

/* The dialog over the writing page. Where it cannot open, the step's own page does. */
async function openDialog() {
  const address = location.pathname.replace(/change\/$/, "publish/");
  let root;
  try {
    const response = await fetch(address, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.ok) root = parseStep(await response.text());
  } catch {
    // its own page says why
  }
  const autosave = document.querySelector("essay-autosave");
  await autosave?.started;
  if (autosave?.isReloading) return; // a newer text opens
  if (!root) {
    location.replace(address);
    return;
  }
  const dialog = Object.assign(document.createElement("dialog"), { className: "publishing-dialog" });
  dialog.setAttribute("aria-labelledby", "publishing-title");
  dialog.append(root);
  document.body.append(dialog);
  dialog.addEventListener("click", (event) => onDialogClick(event, dialog));
  dialog.addEventListener("close", () => {
    dialog.remove();
    const parameters = new URLSearchParams(location.search);
    parameters.delete("publish");
    history.replaceState(null, "", location.pathname + (parameters.size ? `?${parameters}` : ""));
  });
  dialog.showModal();
  new Step(root);
  focusFirst(root, "[name=when]:checked");
  dialog.scrollTop = 0;
}

function onDialogClick(event, dialog) {
  const link = event.target.closest("a[data-find], [data-part=close]");
  const place = link && new URL(link.href).searchParams.get("find");
  if (!link || (link.matches("[data-find]") && !place)) return;
  event.preventDefault();
  dialog.close();
  if (place) goTo(place);
  else form.querySelector("[name=_publish]")?.focus();
}

/* Select the place in the text that a check is about, given as its kind and words. */
function goTo(place) {
  const text = document.querySelector(".editor-text");
  const found = text && findPlace(text, place);
  (text ?? form.elements.body).focus();
  if (!found) return;
  getSelection().selectAllChildren(found);
  if (found.matches("img")) getSelection().setBaseAndExtent(found.parentNode, indexOf(found), found.parentNode, indexOf(found) + 1);
  found.scrollIntoView({ block: "center" });
}

const indexOf = (node) => [...node.parentNode.childNodes].indexOf(node);
const tidy = (words) => words.replace(/\s+/g, " ").trim();

const dense = (words) => words.replace(/\s+/g, ""); // without the line breaks of a formula, which are elements

function findPlace(text, place) {
  const [, kind, where] = place.match(/^(\w+):(.*)$/s) ?? [];
  const all = (selector) => [...text.querySelectorAll(selector)];
  const begins = (element) => tidy(element.textContent).startsWith(tidy(where).replace(/…$/, ""));
  const contains = (element) => dense(element.textContent).includes(dense(where).replace(/…$/, ""));
  const leads = (link) => link.getAttribute("href")?.startsWith(where);
  const shows = (image) => image.getAttribute("src")?.endsWith(where);
  switch (kind) {
    case "alt": return all("img").find((image) => shows(image) && !image.getAttribute("alt"));
    case "away": return all("img").find(shows);
    case "link": return all("a").find(begins) ?? all("a").find(leads);
    case "unclear": case "dead": return all("a").find(leads);
    case "heading": return all("h2, h3, h4, h5, h6").find(begins);
    case "formula": return all("p, li, td, th, figcaption, h2, h3, h4, h5, h6").findLast(contains);
    case "paragraph": return all("p").find(begins);
    case "note": return all("section li")[Number(where) - 1];
    case "mark": return all("section li").find(begins);
    default: return null;
  }
}

const page = document.querySelector(".publishing");
const parameters = new URLSearchParams(location.search);
if (form) {
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_dialog", value: "1" }));
  if (parameters.has("publish")) openDialog();
  const place = parameters.get("find");
  if (place && document.querySelector(".editor-text")) goTo(place);
  else if (place) addEventListener("essay-ready", () => goTo(place), { once: true });
} else if (page) {
  openPage();
}
