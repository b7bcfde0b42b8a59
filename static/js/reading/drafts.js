/* Keeps what is typed in this browser until the server has taken it. Every page writes a draft of its own, and holds a
   lock of its name: so no tab overwrites another's, and what nobody holds can be brought back. */
const form = document.querySelector("form#respond");
const { text: field, parent } = form?.elements ?? {};
const essay = form?.getAttribute("action").replace(/respond\/$/, "");
const page = {}; // the name of its draft, the draft it goes on from, and when something was typed
let db, timer;

const open = (mode) =>
  new Promise((done, fail) => {
    const request = indexedDB.open("drafts", 1);
    request.onsuccess = () => done(request.result);
    request.onerror = fail;
    request.onupgradeneeded = () => {
      if (mode === "readonly") request.transaction.abort(); // nothing is stored of those who only read
      else request.result.createObjectStore("drafts", { keyPath: "id" });
    };
  });

async function ask(question, mode = "readwrite") {
  db ??= await open(mode);
  db.onclose = db.onversionchange = () => {
    db?.close();
    db = null;
  };
  return new Promise((done, fail) => {
    const transaction = db.transaction("drafts", mode, { durability: "strict" });
    const request = question(transaction.objectStore("drafts"));
    transaction.oncomplete = () => done(request.result);
    transaction.onabort = fail;
    transaction.commit(); // a page that is being left has no other moment for it
  });
}

/* Until the page is left, even if it may be come back to. Without locks (plain http) every draft looks left behind. */
function hold(name) {
  const left = () => new Promise((done) => addEventListener("pagehide", done, { once: true }));
  navigator.locks?.request(name, { ifAvailable: true }, left).catch(() => {});
}

/* A new draft, in the place of the one it goes on from. */
function begin(from = { id: "", when: Date.now() }) {
  Object.assign(page, { id: String(Math.random()), from, typed: 0 });
  if (from.id) hold(from.id);
}

async function save() {
  clearTimeout(timer);
  timer = 0;
  const { id, from, typed } = page;
  const draft = { ...from, id, essay, parent: parent.value, text: field.value, when: typed || from.when };
  try {
    sessionStorage.setItem(essay, id);
    await ask((store) => {
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

function change() {
  if (!page.typed) hold(page.id);
  timer ||= setTimeout(save, page.typed && 350);
  page.typed = Date.now();
}

async function load() {
  begin();
  try {
    const last = sessionStorage.getItem(essay);
    const drafts = await ask((store) => store.getAll(), "readonly");
    if (drafts.length) await (await import("./draft-recovery.js")).bringBack(drafts, last, { ask, begin, essay, page, save });
  } catch {
    // what is kept stays where it is
  }
}

if (form) {
  load();
  const isFresh = performance.getEntriesByType("navigation")[0]?.type === "navigate"; // else the browser may have filled it in
  const isTyped = isFresh || field === document.activeElement;
  if (field.value !== field.defaultValue && isTyped) change(); // before this was here to hear it
  addEventListener("pageshow", (event) => event.persisted && load());
  for (const target of [field, parent]) target.addEventListener("input", change);
  for (const type of ["visibilitychange", "pagehide"]) addEventListener(type, () => page.typed && save());
  form.addEventListener("taken", () => ask((store) => store.delete(page.id)).catch(() => {}));
  for (const type of ["submit", "sending"]) form.addEventListener(type, (event) => {
    if (event.defaultPrevented) return;
    const comments = Array.from(document.querySelectorAll(".comment"), ({ id }) => id.slice("comment-".length));
    Object.assign(page.from, { sent: field.value, key: form.elements.key.value, newest: Math.max(0, ...comments) });
    save();
    page.typed = 0;
  });
}
