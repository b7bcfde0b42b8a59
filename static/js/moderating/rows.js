/* Rows of the queue: a row collapses as soon as it is decided; the requests follow in order, and their answers
   replace rows. */
export const list = document.querySelector("ol.queue");
const lineTemplate = document.getElementById("line");
const strings = lineTemplate?.dataset ?? {};
const status = document.querySelector("[role=status]");
const report = document.querySelector("form.report");

export const undoStack = []; // actions that can be undone, newest last: their decisions and the lines that show them
export const requests = { waiting: 0 };
let lastRequest = Promise.resolve();

export const allRows = () => (list ? [...list.children] : []);
export const findRow = (pk) => document.getElementById(`comment-${pk}`);
export const announce = (message) => { status.textContent = message; };
const notifyChange = () => list.dispatchEvent(new Event("rows-changed"));

function format(pattern, values) {
  return pattern.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
}

/* The row to focus next: the next open one, otherwise the nearest before. */
export function nextRow(rows) {
  const all = allRows();
  const index = all.indexOf(rows[rows.length - 1]);
  const isOpen = (row) => row.matches(".row") && !rows.includes(row);
  return all.slice(index + 1).find(isOpen) ?? all.slice(0, index).reverse().find(isOpen);
}

function createLine(row, label) {
  const line = lineTemplate.content.firstElementChild.cloneNode(true);
  const values = { verb: label, name: row.querySelector(".who bdi").textContent, words: row.dataset.excerpt };
  line.id = row.id;
  line.querySelector("p").textContent = format(strings.words, values);
  line.row = row;
  return line;
}

function replaceRow(old, replacement) {
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(replacement);
  if (hadFocus) replacement.focus();
  return replacement;
}

/* Replace a row by the server's HTML. */
export function renderRow(pk, html) {
  const old = findRow(pk);
  if (!old) return null;
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  let replacement = holder.content.firstElementChild;
  if (!replacement) {
    replacement = document.createElement("li");
    Object.assign(replacement, { id: old.id, className: "decided", tabIndex: -1 });
    replacement.append(Object.assign(document.createElement("p"), { textContent: strings.gone }));
  }
  const [oldBox, newBox] = [old, replacement].map((row) => row.querySelector(".pick input"));
  if (oldBox && newBox) {
    newBox.checked = oldBox.checked;
    replacement.append(...old.querySelectorAll(".inline")); // nothing typed is lost
  }
  return replaceRow(old, replacement);
}

export function updateCounts(counts) {
  for (const [tab, text] of Object.entries(counts)) {
    const element = document.querySelector(`[data-tab="${tab}"] span`);
    if (element) element.textContent = text;
  }
}

/* The decisions of each action in an address, such as `?decided=12.13,14`. */
export const actionsIn = (url) =>
  (url.searchParams.get("decided") ?? "").split(",").map((each) => each.split(".").filter(Boolean)).filter((decisions) => decisions.length);

/* Keep decisions in the address, so that they are shown and can be undone after a reload. */
function rememberInAddress(decisions, removed = []) {
  const url = new URL(location);
  const remaining = actionsIn(url).map((each) => each.filter((pk) => !removed.includes(pk) && !decisions.includes(pk)));
  const all = [...remaining, decisions].filter((each) => each.length);
  while (all.flat().length > 100) all.shift();
  if (all.length) url.searchParams.set("decided", all.map((each) => each.join(".")).join(","));
  else url.searchParams.delete("decided");
  history.replaceState(history.state, "", url);
}

/* A response that is no result, with what to tell the moderator. */
class Refused extends Error {}

export const failureText = (error) => (error instanceof Refused ? error.message : strings.failed);

export function checkResponse(response) {
  if (response.redirected || response.status === 401) throw new Refused(strings.loggedOut);
  if (response.status === 403) throw new Refused(strings.stale);
  if (response.status === 404) throw new Refused(strings.gone);
}

export async function send(url, body) {
  const response = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
  checkResponse(response);
  if (!response.headers.get("content-type")?.startsWith("application/json")) throw new Error(String(response.status));
  const result = await response.json();
  if (!response.ok && !result.wrong) throw new Error(String(response.status));
  return result;
}

/* Say why a form failed, above the row as it is now; what was typed stays, and the next attempt is about that row. */
function showError(form, result) {
  for (const [pk, html] of Object.entries(result.rows ?? {})) {
    const row = renderRow(pk, html);
    row?.querySelectorAll(".inline [name=seen]").forEach((field) => { field.value = row.dataset.seen; });
  }
  form.querySelector(".wrong").textContent = result.wrong;
}

function enqueue(task) {
  list.dataset.waiting = requests.waiting += 1;
  lastRequest = lastRequest.then(task).finally(() => {
    list.dataset.waiting = requests.waiting -= 1;
  });
  return lastRequest;
}

export const actionUrl = (form) => form.getAttribute("action")?.split("#")[0] || location.href.split("#")[0];

/* Show a message above the row's buttons. */
export function showInRow(row, message) {
  const element = row.querySelector(".do > .told");
  if (element) element.textContent = message;
}

function restoreRow(line, message) {
  if (!line.isConnected) return;
  const row = replaceRow(line, line.row);
  showInRow(row, message);
}

/* Show the last result in the bar, and the undo button of the newest action on several comments. */
function showReport(message = "") {
  const action = undoStack.findLast((each) => each.decisions && each.count > 1);
  report.hidden = !message && !action;
  report.querySelectorAll("p, button, input[name=decision]").forEach((old) => old.remove());
  if (message) report.append(Object.assign(document.createElement("p"), { textContent: message }));
  report.undoAction = action;
  if (!action) return;
  const button = document.createElement("button");
  button.textContent = format(strings.undo, { count: action.count });
  button.name = "action";
  button.value = "undo";
  if (action === undoStack[undoStack.length - 1]) button.append(" ", lineTemplate.content.querySelector("kbd").cloneNode(true));
  report.append(button);
}

function removeAction(action) {
  if (undoStack.includes(action)) undoStack.splice(undoStack.indexOf(action), 1);
}

function applyResult(result, action, isMany) {
  action.decisions = result.made.map(String);
  for (const [pk, html] of Object.entries(result.rows)) {
    const replacement = renderRow(pk, html);
    if (replacement) replacement.undoAction = action;
  }
  if (isMany) action.count = result.made.length;
  if (!action.decisions.length) removeAction(action);
  rememberInAddress(action.decisions);
  updateCounts(result.counts);
  if (result.said) announce(result.said);
  showReport(isMany || !action.decisions.length ? result.said : "");
  notifyChange();
}

/* Apply one action to rows: collapse them, focus the next row, and send the request. */
function decide(rows, form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const next = nextRow(rows);
  const action = { decisions: null, lines: rows.map((row) => createLine(row, button.dataset.done)), count: rows.length };
  const isMany = rows.length > 1;
  if (isMany) action.lines.forEach((line) => line.querySelector("kbd").remove());
  undoStack.push(action);
  showReport();
  rows.forEach((row, index) => {
    row.replaceWith(action.lines[index]);
    action.lines[index].undoAction = action;
  });
  (next ?? action.lines[action.lines.length - 1]).focus();
  announce(action.lines.map((line) => line.querySelector("p").textContent).join(" "));
  notifyChange();
  const giveUp = (message) => {
    removeAction(action);
    action.lines.forEach((line) => restoreRow(line, message));
  };
  return enqueue(async () => {
    try {
      const result = await send(actionUrl(form), body);
      if (!result.wrong) return applyResult(result, action, isMany);
      giveUp("");
      showError(form, result);
      announce(result.wrong);
    } catch (error) {
      giveUp(failureText(error));
      announce(failureText(error));
    }
    notifyChange();
  });
}

/* Submit a form that may be rejected: the row stays until the server answers. */
export function submitForm(row, form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const error = form.querySelector(".wrong");
  error.textContent = "";
  button.disabled = true;
  return enqueue(async () => {
    try {
      const result = await send(actionUrl(form), body);
      if (result.wrong) return showError(form, result);
      const next = nextRow([row]);
      const action = { decisions: [], lines: [], count: 1 };
      const hadFocus = row.contains(document.activeElement) || document.activeElement === document.body;
      row.querySelectorAll(".inline").forEach((element) => element.remove());
      undoStack.push(action);
      applyResult(result, action, false);
      const current = findRow(row.id.replace("comment-", ""));
      if (hadFocus) (current?.matches(".row") ? current : next ?? current)?.focus();
    } catch (failure) {
      error.textContent = failureText(failure);
    } finally {
      button.disabled = false;
      if (button.isConnected && [document.body, button.closest("li.row")].includes(document.activeElement)) button.focus();
    }
  });
}

/* Undo an action in one request; its rows open immediately. */
export function undo(action) {
  removeAction(action);
  showReport();
  const decidedLines = action.lines.map((line) => findRow(line.row.id.replace("comment-", ""))).filter((line) => line?.matches(".decided"));
  const rows = decidedLines.map((line) => {
    const row = action.lines.find((each) => each.row.id === line.id).row;
    line.replaceWith(row);
    return row;
  });
  rows[0]?.focus();
  notifyChange();
  return enqueue(async () => {
    if (!action.decisions?.length) return;
    const body = new URLSearchParams({ action: "undo", csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value });
    action.decisions.forEach((pk) => body.append("decision", pk));
    try {
      const result = await send(location.href.split("#")[0], body);
      const updated = Object.entries(result.rows).map(([pk, html]) => renderRow(pk, html)).filter(Boolean);
      if (!rows.length) updated[0]?.focus();
      rememberInAddress([], action.decisions);
      updateCounts(result.counts);
      announce(result.said);
    } catch (error) {
      announce(failureText(error));
      undoStack.push(action);
      showReport(failureText(error));
    }
    notifyChange();
  });
}

const decisionsIn = (form) => [...form.querySelectorAll("[name=decision]")].map((field) => field.value);

/* The action that decided a row. */
export const findAction = (row) =>
  undoStack.includes(row.undoAction) ? row.undoAction : undoStack.find((each) => each.decisions?.some((pk) => decisionsIn(row).includes(pk)));

/* The action that a button undoes: in the bar all of it; in a row only that comment, which is removed from its
   action. */
function actionToUndo(form) {
  const line = form.closest("li");
  const action = form.undoAction ?? findAction(line ?? form);
  if (!action || !line || action.count === 1) return action ?? { decisions: decisionsIn(form), lines: [], count: 1 };
  const single = { decisions: decisionsIn(form), lines: action.lines.filter((each) => each.row.id === line.id), count: 1 };
  action.decisions = action.decisions?.filter((pk) => !single.decisions.includes(pk)) ?? null;
  action.lines = action.lines.filter((each) => !single.lines.includes(each));
  action.count -= 1;
  return single;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const row = form.closest("li.row");
  if (!list || !lineTemplate || !button) return;
  const isUndo = form.matches(".decided form, .took, .report") && (button.value === "undo" || !button.value);
  if (isUndo) {
    event.preventDefault();
    const line = form.closest("li");
    if (line?.undoAction?.count > 1 && !line.undoAction.decisions) lastRequest.then(() => findRow(line.id.replace("comment-", ""))?.querySelector("[value=undo]")?.click());
    else undo(actionToUndo(form));
  } else if (form.matches(".verbs") && row) {
    event.preventDefault();
    decide([row], form, button);
  } else if (form.matches("form.write") && row) {
    event.preventDefault();
    if (button.dataset.done && button.value !== "deny") decide([row], form, button);
    else submitForm(row, form, button);
  } else if (form.id === "bulk" && button.value !== "empty" && !form.elements.whole?.checked) {
    const rows = allRows().filter((each) => each.querySelector(".pick :checked"));
    if (!rows.length) return;
    event.preventDefault();
    decide(rows, form, button);
  }
});
