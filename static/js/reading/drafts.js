/* Saves what is typed in this browser until the server has it. Every page writes a draft of its own and holds a lock
   named after it, so that no tab overwrites another's draft and a draft without a lock can be restored. */
import { moveForm, setPassage } from "./reply-target.js";

const form = document.querySelector("form#respond");
const { text: field, parent, on } = form?.elements ?? {};
const essay = form?.getAttribute("action").replace(/respond\/$/, "");
const page = {}; // the id of its draft, the draft that it continues, and when something was last typed
let db, timer;

const open = (mode) =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("drafts", 1);
    request.onsuccess = () => resolve(request.result);
    request.onerror = reject;
    request.onupgradeneeded = () => {
      if (mode === "readonly") request.transaction.abort(); // store nothing for people who only read
      else request.result.createObjectStore("drafts", { keyPath: "id" });
    };
  });

async function transact(operation, mode = "readwrite") {
  db ??= await open(mode);
  db.onclose = db.onversionchange = () => {
    db?.close();
    db = null;
  };
  return new Promise((resolve, reject) => {
    const transaction = db.transaction("drafts", mode, { durability: "strict" });
    const request = operation(transaction.objectStore("drafts"));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = reject;
    transaction.commit(); // the page may be unloading
  });
}

/* Hold a lock until the page is left, even for the back/forward cache. Without locks (plain HTTP) every draft looks
   abandoned. */
function lock(name) {
  const untilLeft = () => new Promise((resolve) => addEventListener("pagehide", resolve, { once: true }));
  navigator.locks?.request(name, { ifAvailable: true }, untilLeft).catch(() => {});
}

/* Start a new draft that replaces the one it continues. */
function start(from = { id: "", when: Date.now() }) {
  Object.assign(page, { id: String(Math.random()), from, typed: 0 });
  if (from.id) lock(from.id);
}

async function save() {
  clearTimeout(timer);
  timer = 0;
  const { id, from, typed } = page;
  const draft = { ...from, id, essay, parent: parent.value, on: on.value, text: field.value, when: typed || from.when };
  try {
    sessionStorage.setItem(essay, id);
    await transact((store) => {
      store.delete(from.id);
      return draft.text.trim() ? store.put(draft) : store.delete(id);
    });
    return draft;
  } catch {
    const box = form.querySelector(".draft");
    box.hidden = false;
    box.querySelector("[role=status]").textContent = box.dataset.refused;
  }
}

function onInput() {
  if (!page.typed) lock(page.id);
  timer ||= setTimeout(save, page.typed && 350);
  page.typed = Date.now();
}

async function load() {
  start();
  try {
    const ownId = sessionStorage.getItem(essay);
    const drafts = await transact((store) => store.getAll(), "readonly");
    if (drafts.length) await (await import("./draft-recovery.js")).restore(drafts, ownId, { transact, start, essay, page, save, moveForm, setPassage });
  } catch {
    // saved drafts stay in the database
  }
}

if (form) {
  load();
  const isFresh = performance.getEntriesByType("navigation")[0]?.type === "navigate"; // otherwise the browser may have restored the text
  const isTyped = isFresh || field === document.activeElement;
  if (field.value !== field.defaultValue && isTyped) onInput(); // typed before this script ran
  addEventListener("pageshow", (event) => event.persisted && load());
  for (const target of [field, parent, on]) target.addEventListener("input", onInput);
  for (const type of ["visibilitychange", "pagehide"]) addEventListener(type, () => page.typed && save());
  form.addEventListener("duplicate", () => transact((store) => store.delete(page.id)).catch(() => {}));
  for (const type of ["submit", "sending"]) form.addEventListener(type, (event) => {
    if (event.defaultPrevented) return;
    const comments = Array.from(document.querySelectorAll(".comment"), ({ id }) => id.slice("comment-".length));
    Object.assign(page.from, { sent: field.value, key: form.elements.key.value, newest: Math.max(0, ...comments) });
    save();
    page.typed = 0;
  });
}
