/* Restores saved drafts. This tab's own draft is restored without a message, unless it was posted; of those from
   other visits the newest is offered, and the others are a click away. Each can be discarded. */

const MAX_AGE_MS = 90 * 86_400_000;
const form = document.querySelector("form#respond");
const { text: field, parent } = form.elements;
const box = form.querySelector(".draft");
const [status] = box.children;
const [link, discard, moreButton] = box.querySelectorAll("a, button");
const language = document.documentElement.lang.replace(/^en$/, "en-GB"); // the site's own English dates
const dateFormat = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
let others, shown, api;

/* Whether no open page holds the draft; the previous page may still be unloading. */
async function isFree(name) {
  try {
    await navigator.locks?.request(name, { signal: AbortSignal.timeout(1000) }, () => {});
    return true;
  } catch {
    return false;
  }
}

/* Whether this page shows that the draft was posted: by the error for duplicates, or by a newer comment. */
function isPosted({ text, sent, newest }) {
  if (text !== sent) return false;
  if (form.querySelector(".errors a[href^='/comments/']")) return true;
  const body = +location.hash.slice("#comment-".length) > newest && document.querySelector(`${location.hash} > .say .comment-body`);
  return body && body.textContent.split(/[^\p{L}\p{N}]+/u).every((word) => text.includes(word));
}

/* Whether the draft may replace the field's text: nothing, or an earlier version of the same draft. */
function fits(draft, isReplaceable = ["", draft.text, draft.sent].includes(field.value)) {
  return isReplaceable && !api.page.typed && ["", draft.parent].includes(parent.value);
}

/* This tab's draft is newer than what the browser restores, but must not overwrite typing in progress. */
function fitsOwn(draft) {
  return fits(draft) || fits(draft, field.value !== field.defaultValue && field !== document.activeElement);
}

/* Put the draft into the form and move the form to its parent; false if that comment is on another page. */
function fill(draft) {
  const isRequested = new URLSearchParams(location.search).get("replyto") === draft.parent; // but no longer exists
  const isFilled = draft.text === field.value || draft.parent === parent.value || api.moveForm(draft.parent) || isRequested;
  if (isFilled) {
    api.start(draft);
    field.value = draft.text;
    if (draft.on) api.setPassage(draft.on);
    form.elements.key.value = draft.key ?? ""; // so that it isn't posted twice if the server has it
  }
  return isFilled;
}

function remove({ id }) {
  api.transact((store) => store.delete(id)).catch(() => {});
}

function showStatus(message, href = "") {
  box.hidden = !message && !others.length;
  link.hidden = !href;
  link.href = href;
  discard.hidden = !shown;
  moreButton.hidden = !others.length;
  moreButton.textContent = moreButton.dataset.words.split("|")[Math.min(others.length, 5)];
  setTimeout(() => (status.textContent = message), 50); // screen readers skip text present at page load
}

function offer(draft) {
  const { kept, elsewhere } = box.dataset;
  const date = dateFormat.format(draft.when);
  others = others.filter((other) => other !== draft);
  shown = draft;
  if (fill(draft)) showStatus(kept.replace("%s", date));
  else showStatus(elsewhere.replace("%s", date), `${draft.essay}?replyto=${draft.parent}#respond`);
}

export async function restore(drafts, ownId, draftApi) {
  api = draftApi;
  shown = null;
  const ownDraft = drafts.find(({ id }) => id === ownId);
  const isOwn = ownDraft && (await isFree(ownId));
  const isOwnPosted = isOwn && isPosted(ownDraft);
  const isContinued = isOwn && !isOwnPosted && api.page.typed && [ownDraft.text, ownDraft.sent].includes(field.defaultValue);
  if (isContinued) {
    api.page.from = ownDraft; // more was typed onto the text that the server rendered
    api.save();
  }
  const isRestored = isContinued || (isOwn && !isOwnPosted && fitsOwn(ownDraft) && fill(ownDraft));
  const locked = ((await navigator.locks?.query())?.held ?? []).map(({ name }) => name);
  const isOld = ({ when }) => when < Date.now() - MAX_AGE_MS;
  drafts.filter((draft) => isOld(draft) || (isOwnPosted && draft === ownDraft)).forEach(remove);
  others = drafts
    .filter((draft) => draft.essay === api.essay && !isOld(draft) && !locked.includes(draft.id) && (draft !== ownDraft || !(isOwnPosted || isRestored)))
    .sort((one, other) => other.when - one.when);
  const next = !isRestored && others.find((draft) => fits(draft));
  if (next) offer(next);
  else showStatus("");
}

discard.addEventListener("click", () => {
  field.focus();
  if (link.hidden) {
    field.select();
    document.execCommand("delete"); // can be undone by keyboard
    field.value = "";
    api.setPassage("");
    api.save();
  }
  remove(shown);
  shown = null;
  showStatus(box.dataset.discarded);
});

moreButton.addEventListener("click", async () => {
  const [next] = others;
  const isChanged = api.page.typed || !shown;
  const draft = isChanged && field.value.trim() && (await api.save());
  if (draft === undefined) return; // saving failed, so it stays in the form
  if (draft) others.push(draft);
  if (shown && !(isChanged && link.hidden)) others.push(shown);
  api.start();
  field.value = "";
  offer(next);
  api.setPassage(field.value ? next.on ?? "" : ""); // not that of the draft shown before
  (moreButton.hidden ? field : moreButton).focus();
});
