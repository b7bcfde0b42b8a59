/* The settings of an essay in a drawer beside the text. Closing it saves what was changed in it. */

import { changedSettings } from "./unsaved-settings.js";

const drawer = document.querySelector("#settings");
const opener = document.querySelector(".opens-settings");
const done = drawer?.querySelector(".closes-settings");

function setOpen(isOpen) {
  drawer.hidden = !isOpen;
  opener.setAttribute("aria-expanded", String(isOpen));
  (isOpen ? drawer : opener).focus({ preventScroll: true });
}

function close() {
  setOpen(false);
  const save = document.querySelector("[name=_draft]");
  if (save && changedSettings()) save.form.requestSubmit(save);
}

/* Show the field that a link or an invalid field is about. */
function reveal(target) {
  if (!target || !drawer.contains(target)) return;
  if (drawer.hidden) setOpen(true);
  for (let each = target.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
  target.focus();
}

if (drawer && opener) {
  drawer.classList.add("is-drawer");
  drawer.hidden = true;
  opener.hidden = done.hidden = false;
  opener.addEventListener("click", () => (drawer.hidden ? setOpen(true) : close()));
  done.addEventListener("click", close);
  drawer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector(".select2-container--open")) return;
    event.preventDefault();
    close();
  });
  document.addEventListener("click", ({ target }) => {
    const link = target.closest?.("a[href^='#id_'], a[href^='#fieldset']");
    if (link) reveal(document.querySelector(link.hash));
  });
  const invalid = drawer.querySelector(".errorlist");
  if (invalid && !document.querySelector(".writing .errorlist")) reveal(invalid.parentElement.querySelector("input:not([type=hidden]), select, textarea, button"));
}
