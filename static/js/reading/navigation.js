/* Reading a long argument: branches stay shut when the page is loaded anew, and keys lead through it. */
const thread = document.querySelector(".thread");
const dialog = document.getElementById("keys");
const shut = `shut ${location.pathname}`;

export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keep(name, words) {
  try {
    if (words) localStorage.setItem(name, words);
    else localStorage.removeItem(name);
  } catch {
    // then it lasts as long as the page
  }
}

const said = (comment) => comment?.querySelector(":scope > .say");
const current = () => document.activeElement.closest?.(".comment");

/* Moves the reader's focus to a comment, and opens what holds it; the page moves unless it stands there already. */
export function arrive(comment, isThere) {
  const words = said(comment);
  if (!words) return;
  let isMoved = !isThere;
  for (let branch = words.closest("details"); branch; branch = branch.parentElement.closest("details")) {
    if (!branch.open) branch.open = isMoved = true;
  }
  words.tabIndex = -1;
  words.focus({ preventScroll: true });
  if (isMoved) words.scrollIntoView();
}

/* To the next such comment, or the one before; from the last, if `round`, to the first again. */
export function go(kind, way, round) {
  const stops = Array.from(thread.querySelectorAll(kind));
  const at = current();
  const order = (stop) => (at ? at.compareDocumentPosition(stop) : Node.DOCUMENT_POSITION_FOLLOWING);
  const isAhead = (stop) => order(stop) & (way > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING);
  const ahead = stops.filter((stop) => stop !== at && isAhead(stop));
  arrive(ahead.at(way > 0 ? 0 : -1) ?? (round ? stops[0] : undefined));
}

const keys = {
  j: () => go(".thread > .comment", 1),
  k: () => go(".thread > .comment", -1),
  n: () => go(".is-new", 1, true),
  u: () => arrive(current()?.parentElement.closest(".comment")),
  c: () => {
    const branch = current()?.querySelector(":scope > .replies");
    if (branch) branch.open = !branch.open;
  },
  r: () => said(current())?.querySelector(".reply")?.click(),
  q: () => import("./quote.js").then(({ quote }) => quote()),
  "?": () => dialog.showModal(),
};

if (thread && dialog) {
  const box = dialog.querySelector("input");
  box.checked = kept("keys") !== "off";
  box.addEventListener("change", () => keep("keys", box.checked ? "" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const act = Object.hasOwn(keys, event.key) && (box.checked || event.key === "?") && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  const button = document.querySelector("[data-keys]");
  button.hidden = false;
  button.addEventListener("click", keys["?"]);
  const names = new Set(kept(shut)?.split(" "));
  const nameOf = (branch) => branch.parentElement.id.slice("comment-".length);
  for (const branch of thread.querySelectorAll(".replies")) if (names.has(nameOf(branch))) branch.open = false;
  thread.addEventListener("toggle", ({ target }) => {
    if (!target.matches(".replies")) return;
    names[target.open ? "delete" : "add"](nameOf(target));
    keep(shut, [...names].join(" "));
  }, true);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".rest a");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  import("./more-replies.js").then(({ fill }) => fill(link)).catch(() => (location.href = link.href));
});
