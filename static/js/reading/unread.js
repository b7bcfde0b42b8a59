/* Marks what was said since the last visit, which this browser alone remembers, and counts what is said meanwhile.
   Nothing on the page moves by itself: what arrived is shown by loading it anew. */
import { go, keep, kept } from "./navigation.js";

const PAUSE = 30 * 60_000; // who comes back sooner is on the same visit
const EVERY = 30_000;
const KEPT_AT_MOST = 300;
const section = document.querySelector("#comments[data-news]");
const box = section?.querySelector(".news") ?? document.createElement("p");
const comments = Array.from(document.querySelectorAll(".thread .comment:not(.gone)"));
const newest = Math.max(0, ...comments.map(({ id }) => Number(id.slice("comment-".length))));
const here = location.pathname;
const now = Date.now();
const visits = JSON.parse(kept("visits") ?? "{}");
let tag, timer;

function leave(since) {
  const others = Object.entries(visits).filter(([path]) => path !== here).slice(1 - KEPT_AT_MOST);
  keep("visits", JSON.stringify({ ...Object.fromEntries(others), [here]: { since, at: Date.now() } }));
}

function say(words, count, href) {
  const link = box.querySelector(`a[href="${href}"]`) ?? box.appendChild(document.createElement("a"));
  link.href = href;
  link.textContent = words.replace("%s", count);
  box.hidden = false;
  return link;
}

function mark(since) {
  const isOwn = (comment) => comment.querySelector(":scope > article [href*='/delete/']");
  const fresh = comments.filter((comment) => new Date(comment.querySelector(".when time").dateTime) > since && !isOwn(comment));
  for (const comment of fresh) {
    const word = document.createElement("span");
    word.className = "role new";
    word.textContent = section.dataset.new;
    comment.querySelector(".when").after(word);
    comment.classList.add("is-new");
  }
  if (!fresh.length) return;
  say(section.dataset.since, fresh.length, `#${fresh[0].id}`).onclick = (event) => {
    event.preventDefault();
    go(".is-new", 1, true);
  };
}

/* The feed of the newest ten, which costs a few bytes as long as nothing is new. */
async function look() {
  const answer = await fetch(section.dataset.news, { headers: tag ? { "If-None-Match": tag } : {} });
  if (answer.status !== 200) return;
  tag = answer.headers.get("ETag");
  const found = [...(await answer.text()).matchAll(/<guid[^>]*>[^<]*\/comments\/(\d+)\/</g)].filter(([, pk]) => pk > newest && !document.getElementById(`comment-${pk}`));
  if (!found.length) return;
  say(section.dataset.arrived, found.length, here).onclick = (event) => {
    event.preventDefault();
    location.reload();
  };
}

function wait() {
  clearInterval(timer);
  if (!document.hidden) timer = setInterval(() => look().catch(() => {}), EVERY);
}

if (section) {
  const last = visits[here];
  const since = last ? (now - last.at > PAUSE ? last.at : last.since) : now;
  if (last) mark(since);
  leave(since);
  addEventListener("pagehide", () => leave(since));
  document.addEventListener("visibilitychange", wait);
  wait();
}
