/* Rows fold as soon as somebody decides; what the server says to it comes after, in the order in which it was asked. */
export const list = document.querySelector("ol.queue");
const model = document.getElementById("line");
const said = model?.dataset ?? {};
const status = document.querySelector("[role=status]");
const report = document.querySelector("form.report");

export const stack = []; // what can be taken back, the newest last: its decisions and the lines that stand for it
export const settle = { waiting: 0 };
let last = Promise.resolve();

export const stops = () => (list ? [...list.children] : []);
export const rowOf = (pk) => document.getElementById(`comment-${pk}`);
export const tell = (words) => { status.textContent = words; };
const changed = () => list.dispatchEvent(new Event("rows"));

function fill(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
}

/* The row to go on with: the next open one, else the nearest before. */
export function after(rows) {
  const all = stops();
  const at = all.indexOf(rows[rows.length - 1]);
  const isOpen = (row) => row.matches(".row") && !rows.includes(row);
  return all.slice(at + 1).find(isOpen) ?? all.slice(0, at).reverse().find(isOpen);
}

function folded(row, done) {
  const line = model.content.firstElementChild.cloneNode(true);
  const words = { verb: done, name: row.querySelector(".who bdi").textContent, words: row.dataset.said };
  line.id = row.id;
  line.querySelector("p").textContent = fill(said.words, words);
  line.row = row;
  return line;
}

function swap(old, fresh) {
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (hadFocus) fresh.focus();
  return fresh;
}

/* Puts what the server drew in the place of what stands there. */
export function put(pk, html) {
  const old = rowOf(pk);
  if (!old) return null;
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  let fresh = holder.content.firstElementChild;
  if (!fresh) {
    fresh = document.createElement("li");
    Object.assign(fresh, { id: old.id, className: "decided", tabIndex: -1 });
    fresh.append(Object.assign(document.createElement("p"), { textContent: said.gone }));
  }
  const [was, is] = [old, fresh].map((row) => row.querySelector(".pick input"));
  if (was && is) {
    is.checked = was.checked;
    fresh.append(...old.querySelectorAll(".inline")); // nothing typed is lost
  }
  return swap(old, fresh);
}

export function count(counts) {
  for (const [tab, text] of Object.entries(counts)) {
    const place = document.querySelector(`[data-tab="${tab}"] span`);
    if (place) place.textContent = text;
  }
}

/* The decisions of each action in an address, such as `?decided=12.13,14`. */
export const actions = (url) =>
  (url.searchParams.get("decided") ?? "").split(",").map((action) => action.split(".").filter(Boolean)).filter((made) => made.length);

/* A reload shows what was decided here, and can undo it. */
function remember(made, gone = []) {
  const url = new URL(location);
  const kept = actions(url).map((action) => action.filter((pk) => !gone.includes(pk) && !made.includes(pk)));
  const all = [...kept, made].filter((action) => action.length);
  while (all.flat().length > 100) all.shift();
  if (all.length) url.searchParams.set("decided", all.map((action) => action.join(".")).join(","));
  else url.searchParams.delete("decided");
  history.replaceState(history.state, "", url);
}

export async function ask(url, body) {
  const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.headers.get("content-type")?.startsWith("application/json")) throw new Error(String(answer.status));
  const found = await answer.json();
  if (!answer.ok && !found.wrong) throw new Error(String(answer.status));
  return found;
}

function inTurn(work) {
  list.dataset.waiting = settle.waiting += 1;
  last = last.then(work).finally(() => {
    list.dataset.waiting = settle.waiting -= 1;
  });
  return last;
}

export const here = (form) => form.getAttribute("action")?.split("#")[0] || location.href.split("#")[0];

function reopen(line, words) {
  if (!line.isConnected) return;
  const row = swap(line, line.row);
  const place = row.querySelector(".told");
  if (place) place.textContent = words;
}

/* The bar says what came of the last action, and can undo the newest one on several comments until that is done. */
function show(words = "") {
  const entry = stack.findLast((each) => each.made && each.count > 1);
  report.hidden = !words && !entry;
  report.querySelectorAll("p, button, input[name=decision]").forEach((old) => old.remove());
  if (words) report.append(Object.assign(document.createElement("p"), { textContent: words }));
  report.entry = entry;
  if (!entry) return;
  const button = document.createElement("button");
  button.textContent = fill(said.undo, { count: entry.count });
  button.name = "action";
  button.value = "undo";
  if (entry === stack[stack.length - 1]) button.append(" ", model.content.querySelector("kbd").cloneNode(true));
  report.append(button);
}

function drop(entry) {
  if (stack.includes(entry)) stack.splice(stack.indexOf(entry), 1);
}

function applied(answer, entry, isMany) {
  entry.made = answer.made.map(String);
  for (const [pk, html] of Object.entries(answer.rows)) {
    const fresh = put(pk, html);
    if (fresh) fresh.entry = entry;
  }
  if (isMany) entry.count = answer.made.length;
  if (!entry.made.length) drop(entry);
  remember(entry.made);
  count(answer.counts);
  if (answer.said) tell(answer.said);
  show(isMany || !entry.made.length ? answer.said : "");
  changed();
}

/* One verb about some rows: they fold, the next one has the focus, and the server is asked. */
function decide(rows, form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const next = after(rows);
  const entry = { made: null, lines: rows.map((row) => folded(row, button.dataset.done)), count: rows.length };
  const isMany = rows.length > 1;
  if (isMany) entry.lines.forEach((line) => line.querySelector("kbd").remove());
  stack.push(entry);
  show();
  rows.forEach((row, at) => {
    row.replaceWith(entry.lines[at]);
    entry.lines[at].entry = entry;
  });
  (next ?? entry.lines[entry.lines.length - 1]).focus();
  tell(entry.lines.map((line) => line.querySelector("p").textContent).join(" "));
  changed();
  return inTurn(async () => {
    try {
      applied(await ask(here(form), body), entry, isMany);
    } catch {
      drop(entry);
      entry.lines.forEach((line) => reopen(line, said.failed));
      tell(said.failed);
      changed();
    }
  });
}

/* What is not sure to be taken waits for the answer before the row goes. */
export function write(row, form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const wrong = form.querySelector(".wrong");
  wrong.textContent = "";
  button.disabled = true;
  return inTurn(async () => {
    try {
      const answer = await ask(here(form), body);
      if (answer.wrong) {
        wrong.textContent = answer.wrong;
        return;
      }
      const next = after([row]);
      const entry = { made: [], lines: [], count: 1 };
      const hadFocus = row.contains(document.activeElement) || document.activeElement === document.body;
      row.querySelectorAll(".inline").forEach((place) => place.remove());
      stack.push(entry);
      applied(answer, entry, false);
      const now = rowOf(row.id.replace("comment-", ""));
      if (hadFocus) (now?.matches(".row") ? now : next ?? now)?.focus();
    } catch {
      wrong.textContent = said.failed;
    } finally {
      button.disabled = false;
    }
  });
}

/* Undoes one action in one request; its rows open at once. */
export function undo(entry) {
  drop(entry);
  show();
  const opened = entry.lines.map((line) => rowOf(line.row.id.replace("comment-", ""))).filter((line) => line?.matches(".decided"));
  const rows = opened.map((line) => {
    const row = entry.lines.find((each) => each.row.id === line.id).row;
    line.replaceWith(row);
    return row;
  });
  rows[0]?.focus();
  changed();
  return inTurn(async () => {
    if (!entry.made?.length) return;
    const body = new URLSearchParams({ action: "undo", csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value });
    entry.made.forEach((pk) => body.append("decision", pk));
    try {
      const answer = await ask(location.href.split("#")[0], body);
      const fresh = Object.entries(answer.rows).map(([pk, html]) => put(pk, html)).filter(Boolean);
      if (!rows.length) fresh[0]?.focus();
      remember([], entry.made);
      count(answer.counts);
      tell(answer.said);
    } catch {
      tell(said.failed);
      stack.push(entry);
      show(said.failed);
    }
    changed();
  });
}

const named = (form) => [...form.querySelectorAll("[name=decision]")].map((field) => field.value);

/* The action that decided a row. */
export const entryOf = (row) =>
  stack.includes(row.entry) ? row.entry : stack.find((each) => each.made?.some((pk) => named(row).includes(pk)));

/* What a button is to undo: in the bar the whole action, in a row that one comment, which leaves its action. */
function undoneBy(form) {
  const line = form.closest("li");
  const entry = form.entry ?? entryOf(line ?? form);
  if (!entry || !line || entry.count === 1) return entry ?? { made: named(form), lines: [], count: 1 };
  const one = { made: named(form), lines: entry.lines.filter((each) => each.row.id === line.id), count: 1 };
  entry.made = entry.made?.filter((pk) => !one.made.includes(pk)) ?? null;
  entry.lines = entry.lines.filter((each) => !one.lines.includes(each));
  entry.count -= 1;
  return one;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const row = form.closest("li.row");
  if (!list || !model || !button) return;
  const isTakenBack = form.matches(".decided form, .took, .report") && (button.value === "undo" || !button.value);
  if (isTakenBack) {
    event.preventDefault();
    const line = form.closest("li");
    if (line?.entry?.count > 1 && !line.entry.made) last.then(() => rowOf(line.id.replace("comment-", ""))?.querySelector("[value=undo]")?.click());
    else undo(undoneBy(form));
  } else if (form.matches(".verbs") && row) {
    event.preventDefault();
    decide([row], form, button);
  } else if (form.matches("form.write") && row) {
    event.preventDefault();
    if (button.dataset.done && button.value !== "deny") decide([row], form, button);
    else write(row, form, button);
  } else if (form.id === "bulk" && button.value !== "empty" && !form.elements.whole?.checked) {
    const rows = stops().filter((each) => each.querySelector(".pick :checked"));
    if (!rows.length) return;
    event.preventDefault();
    decide(rows, form, button);
  }
});
