/* The menu behind a comment's “More”: copies its link, quotes it, reports it, or mutes its author. */
const GAP = 5;
const template = document.getElementById("menu");
const status = document.createElement("em");
status.role = "status";
let link, menu, moveForm; // the last is of reply-target.js, which the page has loaded

const itemsOf = () => Array.from(menu.querySelectorAll("[role=menuitem]"));
const clamp = (value, max) => Math.max(GAP, Math.min(value, max));

/* Fill in the menu for a comment, without what doesn't apply to it. */
function build() {
  const comment = link.closest(".comment");
  const row = link.parentElement;
  const name = comment.querySelector(".by").textContent;
  const form = menu.querySelector("form");
  const report = menu.querySelector("a");
  const mute = form.firstElementChild;
  const isMuted = comment.matches(".muted");
  form.action = link.href.replace(/more\/$/, "mute/") + location.search; // which returns to this view of the thread
  mute.value = isMuted ? 0 : 1;
  mute.textContent = template.dataset[isMuted ? "unmute" : "mute"].replace("%s", () => name);
  if (report) report.href = link.href.replace(/more\/$/, "report/");
  if (row.querySelector("[href*='/delete/']")) for (const part of [form, report]) part?.remove(); // the reader's own
  if (!row.querySelector(".reply")) menu.querySelector("[value=quote]").remove();
  for (const item of itemsOf()) item.tabIndex = -1;
}

/* Put it below the link, or above where the window has no room. Any ancestor may be its containing block,
   so it is put into a corner first, then moved by the difference. */
function position() {
  Object.assign(menu.style, { left: "0", top: "0" });
  const { left, top, width, height } = menu.getBoundingClientRect();
  const at = link.getBoundingClientRect();
  const x = getComputedStyle(link).direction === "rtl" ? at.right - width : at.left;
  const isAbove = at.bottom + height + GAP > innerHeight && at.top > height;
  menu.style.left = `${clamp(x, document.documentElement.clientWidth - width - GAP) - left}px`;
  menu.style.top = `${(isAbove ? at.top - height : at.bottom) - top}px`;
}

function close() {
  menu?.remove();
  link?.setAttribute("aria-expanded", "false");
  menu = null;
}

/* Copy text; without HTTPS there is no clipboard, but an old command. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    link.after(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    link.focus();
  }
}

async function copyLink() {
  status.textContent = "";
  link.after(status);
  await copy(link.closest(".comment").querySelector(".when").href);
  setTimeout(() => (status.textContent = template.dataset.copied), 50); // screen readers skip text inserted with its live region
}

/* Quote what is selected in the comment, or all of it. */
async function quoteComment() {
  const { quote } = await import("./quote.js");
  const body = link.closest(".comment").querySelector(".comment-body");
  const selection = getSelection();
  if (selection.isCollapsed || !body.contains(selection.anchorNode)) selection.selectAllChildren(body);
  quote({ moveForm });
}

function onKey(event) {
  const items = itemsOf();
  const at = items.indexOf(document.activeElement);
  const target = { ArrowDown: items[(at + 1) % items.length], ArrowUp: items.at(at - 1), Home: items[0], End: items.at(-1) }[event.key];
  if (target) target.focus();
  else if (event.key === "Escape" || event.key === "Tab") {
    link.focus();
    close();
  } else if (event.key === " " && at >= 0 && items[at].href) items[at].click();
  else return;
  if (event.key !== "Tab") event.preventDefault(); // from the link the browser goes on to the next one
  event.stopPropagation();
}

function onClick({ target }) {
  if (!target.closest("button")) return;
  const { value, form } = target;
  if (form) return; // muting reloads the page
  link.focus();
  close();
  if (value === "copy") copyLink();
  else quoteComment();
}

/* Close it when the focus goes elsewhere, as a shortcut of the thread moves it. */
function onFocusOut({ currentTarget, relatedTarget }) {
  if (relatedTarget && relatedTarget !== link && !currentTarget.contains(relatedTarget)) close();
}

/* Open the menu of a “More” link, or close it. */
export function toggleMenu(more, move) {
  const isOpen = menu && link === more;
  close();
  status.remove();
  if (isOpen) return;
  link = more;
  moveForm = move;
  menu = template.content.firstElementChild.cloneNode(true);
  build();
  menu.setAttribute("aria-label", link.getAttribute("aria-label"));
  menu.addEventListener("keydown", onKey);
  menu.addEventListener("click", onClick);
  menu.addEventListener("focusout", onFocusOut);
  link.closest(".argument").append(menu);
  link.setAttribute("aria-haspopup", "menu");
  link.setAttribute("aria-expanded", "true");
  position();
  itemsOf()[0].focus({ preventScroll: true });
}

document.addEventListener("pointerdown", ({ target }) => {
  if (menu && !menu.contains(target) && target !== link) close();
});
