/* Brings back what was kept. This tab's own draft returns without a word, unless the server has it by now; of those that
   other visits left behind, the newest is offered, the others are a click away, and each can be discarded. */
import { move } from "./reply-target.js";

const LONGEST = 90 * 86_400_000;
const form = document.querySelector("form#respond");
const { text: field, parent } = form.elements;
const box = form.querySelector(".draft");
const [status] = box.children;
const [link, discard, more] = box.querySelectorAll("a, button");
const language = document.documentElement.lang.replace(/^en$/, "en-GB"); // the site's own English dates
const dates = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
let others, shown, keeper;

/* Whether no page has it; the one before this may still be going. */
async function isFree(name) {
  try {
    await navigator.locks?.request(name, { signal: AbortSignal.timeout(1000) }, () => {});
    return true;
  } catch {
    return false;
  }
}

/* Whether this page shows that it was posted: as something said twice, or as a comment that was not there before. */
function isPosted({ text, sent, newest }) {
  if (text !== sent) return false;
  if (form.querySelector(".errors a[href^='/comments/']")) return true;
  const body = +location.hash.slice("#comment-".length) > newest && document.querySelector(`${location.hash} > .say .comment-body`);
  return body && body.textContent.split(/[^\p{L}\p{N}]+/u).every((word) => text.includes(word));
}

/* Whether it may go into the form as that stands: into an empty field, or over what the draft itself was before. */
function suits(draft, isOver = ["", draft.text, draft.sent].includes(field.value)) {
  return isOver && !keeper.page.typed && ["", draft.parent].includes(parent.value);
}

/* This tab's own draft is newer than what the browser itself brings back; but somebody may be typing already. */
function suitsAsMine(draft) {
  return suits(draft) || suits(draft, field.value !== field.defaultValue && field !== document.activeElement);
}

/* Puts it into the form, and the form where it answers; false if that is on another page. */
function put(draft) {
  const isAskedFor = new URLSearchParams(location.search).get("replyto") === draft.parent; // but is there no more
  const isHere = draft.text === field.value || draft.parent === parent.value || move(draft.parent) || isAskedFor;
  if (isHere) {
    keeper.begin(draft);
    field.value = draft.text;
    form.elements.key.value = draft.key ?? ""; // so that it is not posted twice, if it has arrived
  }
  return isHere;
}

function drop({ id }) {
  keeper.ask((store) => store.delete(id)).catch(() => {});
}

function say(words, href = "") {
  box.hidden = !words && !others.length;
  link.hidden = !href;
  link.href = href;
  discard.hidden = !shown;
  more.hidden = !others.length;
  more.textContent = more.dataset.words.split("|")[Math.min(others.length, 5)];
  setTimeout(() => (status.textContent = words), 50); // words that were there from the beginning are not read out
}

function show(draft) {
  const { kept, elsewhere } = box.dataset;
  const date = dates.format(draft.when);
  others = others.filter((other) => other !== draft);
  shown = draft;
  if (put(draft)) say(kept.replace("%s", date));
  else say(elsewhere.replace("%s", date), `${draft.essay}?replyto=${draft.parent}#respond`);
}

export async function bringBack(drafts, last, how) {
  keeper = how;
  shown = null;
  const mine = drafts.find(({ id }) => id === last);
  const isMine = mine && (await isFree(last));
  const isTaken = isMine && isPosted(mine);
  const isGoneOn = isMine && !isTaken && keeper.page.typed && [mine.text, mine.sent].includes(field.defaultValue);
  if (isGoneOn) {
    keeper.page.from = mine; // typed over what the server drew of it
    keeper.save();
  }
  const isBack = isGoneOn || (isMine && !isTaken && suitsAsMine(mine) && put(mine));
  const held = ((await navigator.locks?.query())?.held ?? []).map(({ name }) => name);
  const isOld = ({ when }) => when < Date.now() - LONGEST;
  drafts.filter((draft) => isOld(draft) || (isTaken && draft === mine)).forEach(drop);
  others = drafts
    .filter((draft) => draft.essay === keeper.essay && !isOld(draft) && !held.includes(draft.id) && (draft !== mine || !(isTaken || isBack)))
    .sort((one, other) => other.when - one.when);
  const next = !isBack && others.find((draft) => suits(draft));
  if (next) show(next);
  else say("");
}

discard.addEventListener("click", () => {
  field.focus();
  if (link.hidden) {
    field.select();
    document.execCommand("delete"); // which can be undone by keyboard
    field.value = "";
    keeper.save();
  }
  drop(shown);
  shown = null;
  say(box.dataset.discarded);
});

more.addEventListener("click", async () => {
  const [next] = others;
  const isChanged = keeper.page.typed || !shown;
  const draft = isChanged && field.value.trim() && (await keeper.save());
  if (draft === undefined) return; // it could not be kept, so it stays
  if (draft) others.push(draft);
  if (shown && !(isChanged && link.hidden)) others.push(shown);
  keeper.begin();
  field.value = "";
  show(next);
  (more.hidden ? field : more).focus();
});
