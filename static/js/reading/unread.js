/* Marks comments posted since the last visit, which only this browser remembers, and counts those that arrive while
   the page is open. Nothing moves by itself: new comments appear on reload. */
import { goTo, load, store } from "./navigation.js";

const VISIT_GAP_MS = 30 * 60_000; // returning sooner continues the same visit
const POLL_MS = 30_000;
const MAX_VISITS = 300;
const section = document.querySelector("#comments[data-news]");
const box = section?.querySelector(".news") ?? document.createElement("p");
const comments = Array.from(document.querySelectorAll(".thread .comment:not(.gone, .muted)"));
const numberOf = (id) => Number(id.slice("comment-".length));
const newest = Math.max(0, ...comments.map(({ id }) => numberOf(id)));
const page = location.pathname;
const now = Date.now();
const visits = JSON.parse(load("visits") ?? "{}");
const lastVisit = visits[page];
let etag, timer;

function saveVisit({ since, seen }) {
  const others = Object.entries(visits).filter(([path]) => path !== page).slice(1 - MAX_VISITS);
  store("visits", JSON.stringify({ ...Object.fromEntries(others), [page]: { since, seen, newest: Math.max(newest, lastVisit?.newest ?? 0), at: Date.now() } }));
}

function showLink(text, count, href) {
  const link = box.querySelector(`a[href="${href}"]`) ?? box.appendChild(document.createElement("a"));
  link.href = href;
  link.textContent = text.replace("%s", count);
  box.hidden = false;
  return link;
}

function markUnread({ since, seen }) {
  const hasSeen = ({ id }, posted) => posted + 60_000 <= since || numberOf(id) <= seen; // times are cut to the minute
  const isOwn = (comment) => comment.querySelector(":scope > article :is([href*='/delete/'], .notice)");
  const unread = comments.filter((comment) => !hasSeen(comment, Date.parse(comment.querySelector(".when time").dateTime)) && !isOwn(comment));
  for (const comment of unread) {
    const badge = document.createElement("span");
    badge.className = "role new";
    badge.textContent = section.dataset.new;
    comment.querySelector(".when").after(badge);
    comment.classList.add("is-new");
  }
  if (!unread.length) return;
  showLink(section.dataset.since, unread.length, `#${unread[0].id}`).onclick = (event) => {
    event.preventDefault();
    goTo(".is-new", 1, true);
  };
}

/* Poll the feed of the ten newest comments; while nothing is new it answers with a few bytes. */
async function poll() {
  const response = await fetch(section.dataset.news, { headers: etag ? { "If-None-Match": etag } : {} });
  if (response.status !== 200) return;
  etag = response.headers.get("ETag");
  const arrived = [...(await response.text()).matchAll(/<guid[^>]*>[^<]*\/comments\/(\d+)\/</g)].filter(([, pk]) => pk > newest && !document.getElementById(`comment-${pk}`));
  if (!arrived.length) return;
  showLink(section.dataset.arrived, arrived.length, page).onclick = (event) => {
    event.preventDefault();
    location.reload();
  };
}

function schedulePoll() {
  clearInterval(timer);
  if (!document.hidden) timer = setInterval(() => poll().catch(() => {}), POLL_MS);
}

if (section) {
  const isNewVisit = !lastVisit || now - lastVisit.at > VISIT_GAP_MS;
  const before = isNewVisit ? { since: lastVisit?.at ?? now, seen: lastVisit ? lastVisit.newest ?? 0 : newest } : lastVisit;
  if (lastVisit) markUnread(before);
  saveVisit(before);
  addEventListener("pagehide", () => saveVisit(before));
  document.addEventListener("visibilitychange", schedulePoll);
  schedulePoll();
}
