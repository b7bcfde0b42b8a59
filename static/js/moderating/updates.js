/* Polls what other moderators do: rows that they decided are updated, and rows show who is viewing them. */
import { hasUnsentText, openFormOf } from "./inline-forms.js";
import { findRow, list, renderRow, requests, updateCounts } from "./rows.js";

const POLL_MS = 10_000;
const strings = document.getElementById("line")?.dataset;
let etag = "";
let focusedRow = null;
let reportedKey = null;

function presenceBody(comment, left) {
  const body = new URLSearchParams({ comment: comment ?? "", left: left ?? "" });
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "");
  return body;
}

function reportPresence() {
  const pk = focusedRow?.isConnected ? focusedRow.id.replace("comment-", "") : null;
  if (!pk && !reportedKey) return;
  fetch(strings.looking, { method: "POST", body: presenceBody(pk, reportedKey !== pk ? reportedKey : null) }).catch(() => {});
  reportedKey = pk;
}

async function poll() {
  const rows = [...list.querySelectorAll(".row")];
  if (document.hidden || !rows.length || requests.waiting) return;
  const url = new URL(strings.news, location);
  const status = new URLSearchParams(location.search).get("status");
  if (status) url.searchParams.set("status", status);
  for (const row of rows) url.searchParams.append("seen", row.dataset.seen);
  const response = await fetch(url, { headers: { Accept: "application/json", ...(etag && { "If-None-Match": etag }) } });
  if (response.status !== 200 || !response.headers.get("content-type")?.startsWith("application/json")) return;
  etag = response.headers.get("etag") ?? "";
  const news = await response.json();
  if (requests.waiting) return; // decisions in progress here are newer
  for (const [pk, html] of Object.entries(news.rows)) {
    const row = findRow(pk);
    if (!row?.matches(".row") || !rows.includes(row)) continue;
    if (!openFormOf(row) && ![...row.querySelectorAll("form.write")].some(hasUnsentText)) renderRow(pk, html);
  }
  for (const row of list.querySelectorAll(".row")) {
    row.querySelector(".looking").textContent = news.looking[row.id.replace("comment-", "")] ?? "";
  }
  updateCounts(news.counts);
  list.dispatchEvent(new Event("rows-changed"));
}

if (list && strings?.news) {
  const refresh = () => {
    if (document.hidden) return;
    reportPresence();
    poll().catch(() => {});
  };
  let timer;
  list.addEventListener("focusin", (event) => {
    focusedRow = event.target.closest(".row");
    clearTimeout(timer);
    timer = setTimeout(reportPresence, 1000);
  });
  setInterval(refresh, POLL_MS);
  document.addEventListener("visibilitychange", refresh);
  addEventListener("pagehide", () => reportedKey && navigator.sendBeacon(strings.looking, presenceBody(null, reportedKey)));
}
