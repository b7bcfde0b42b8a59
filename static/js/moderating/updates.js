/* What other moderators do meanwhile: rows that they decided fold, and a row says who is looking at it. */
import { openIn } from "./inline-forms.js";
import { count, list, put, rowOf, settle } from "./rows.js";

const EVERY = 10_000;
const said = document.getElementById("line")?.dataset;
let tag = "";
let at = null;
let told = null;

function looking(comment, left) {
  const body = new URLSearchParams({ comment: comment ?? "", left: left ?? "" });
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
  return body;
}

function look() {
  const pk = at?.isConnected ? at.id.replace("comment-", "") : null;
  if (!pk && !told) return;
  fetch(said.looking, { method: "POST", body: looking(pk, told !== pk ? told : null) }).catch(() => {});
  told = pk;
}

async function hear() {
  const rows = [...list.querySelectorAll(".row")];
  if (document.hidden || !rows.length || settle.waiting) return;
  const url = new URL(said.news, location);
  const status = new URLSearchParams(location.search).get("status");
  if (status) url.searchParams.set("status", status);
  for (const row of rows) url.searchParams.append("seen", row.dataset.seen);
  const answer = await fetch(url, { headers: { Accept: "application/json", ...(tag && { "If-None-Match": tag }) } });
  if (answer.status !== 200 || !answer.headers.get("content-type")?.startsWith("application/json")) return;
  tag = answer.headers.get("etag") ?? "";
  const news = await answer.json();
  if (settle.waiting) return; // what is being decided here is newer
  for (const [pk, html] of Object.entries(news.rows)) {
    const row = rowOf(pk);
    if (!row?.matches(".row") || !rows.includes(row)) continue;
    if (!openIn(row)) put(pk, html);
  }
  for (const row of list.querySelectorAll(".row")) {
    row.querySelector(".looking").textContent = news.looking[row.id.replace("comment-", "")] ?? "";
  }
  count(news.counts);
  list.dispatchEvent(new Event("rows"));
}

if (list && said?.news) {
  const both = () => {
    if (document.hidden) return;
    look();
    hear().catch(() => {});
  };
  let resting;
  list.addEventListener("focusin", (event) => {
    at = event.target.closest(".row");
    clearTimeout(resting);
    resting = setTimeout(look, 1000);
  });
  setInterval(both, EVERY);
  document.addEventListener("visibilitychange", both);
  addEventListener("pagehide", () => told && navigator.sendBeacon(said.looking, looking(null, told)));
}
