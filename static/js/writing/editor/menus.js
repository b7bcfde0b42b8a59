/* Menus of the toolbar: by mouse and keyboard, placed at their buttons; and tools that fold into one of them. */

const MARGIN = 8; // pixels to the edge of the window

export const keepFocusInText = (part) => part.addEventListener("mousedown", (event) => event.preventDefault());

const isShown = (button) => button.offsetParent !== null;

/* One stop for Tab; arrow keys, Home and End move from button to button. */
export function moveByArrows(part, { onEscape, isVertical = false }) {
  const buttons = () => [...part.querySelectorAll("button")].filter((each) => isVertical || isShown(each));
  const setTabStop = (button) => part.querySelectorAll("button").forEach((each) => (each.tabIndex = each === button ? 0 : -1));
  setTabStop(part.querySelector("button:not(.editor-inserts)"));
  part.addEventListener("focusin", ({ target }) => setTabStop(target));
  part.addEventListener("keydown", (event) => {
    const all = buttons();
    const index = all.indexOf(document.activeElement);
    const isRtl = getComputedStyle(part).direction === "rtl";
    const next = isVertical ? "ArrowDown" : isRtl ? "ArrowLeft" : "ArrowRight";
    const previous = isVertical ? "ArrowUp" : isRtl ? "ArrowRight" : "ArrowLeft";
    const steps = { [next]: index + 1, [previous]: index - 1, Home: 0, End: -1 };
    if (event.key === "Escape") onEscape();
    else if (event.key in steps) all.at(steps[event.key] % all.length).focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/* Focus the button at which Tab stops, or the first if that one is hidden in a narrow window. */
export function focusTool(part) {
  const shown = [...part.querySelectorAll("button")].filter(isShown);
  (shown.find(({ tabIndex }) => tabIndex === 0) ?? shown[0]).focus();
}

/* Place an open menu under a rectangle, or above it where there is no room, and within the window. */
export function placeMenu(menu, { left, right, top, bottom }) {
  const { offsetWidth: width, offsetHeight: height, style } = menu;
  const isRtl = getComputedStyle(menu).direction === "rtl";
  const x = isRtl ? right - width : left;
  style.left = `${Math.max(MARGIN, Math.min(x, innerWidth - width - MARGIN))}px`;
  style.top = `${bottom + height > innerHeight - MARGIN && top - height > 0 ? top - height : bottom}px`;
}

/* Open a menu at its button; opened by keyboard, its first item has the focus. `menu.rectangle` may name another place. */
export function startMenu(menu, button, focusText) {
  keepFocusInText(menu);
  moveByArrows(menu, { onEscape: () => { menu.hidePopover(); focusText(); }, isVertical: true });
  button.addEventListener("keydown", (event) => {
    if (!["Enter", " ", "ArrowDown"].includes(event.key) || menu.matches(":popover-open")) return;
    event.preventDefault();
    menu.showPopover();
    menu.querySelector("button").focus();
  });
  menu.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState === "open") placeMenu(menu, menu.rectangle?.() ?? button.getBoundingClientRect());
  });
}

/* Move the last tools of a row into a menu while the row is too narrow for them; `More`, the last, stays. */
export function foldInto(menu, row) {
  const more = row.lastElementChild;
  const folded = [];
  const isTooWide = () => row.scrollWidth > row.clientWidth + 1;
  const asItem = (button, isItem) => {
    const state = button.getAttribute("aria-pressed") ?? button.getAttribute("aria-checked");
    button.removeAttribute("aria-pressed");
    button.removeAttribute("aria-checked");
    if (isItem) button.setAttribute("role", state === null ? "menuitem" : "menuitemcheckbox");
    else button.removeAttribute("role");
    if (state !== null) button.setAttribute(isItem ? "aria-checked" : "aria-pressed", state);
  };
  const unfold = () => {
    while (folded.length) {
      const button = folded.pop();
      asItem(button, false);
      more.before(button);
    }
  };
  const fold = () => {
    unfold();
    while (isTooWide() && more.previousElementSibling) {
      const button = more.previousElementSibling;
      folded.push(button);
      asItem(button, true);
      menu.prepend(button);
    }
  };
  new ResizeObserver(fold).observe(row.parentElement);
}
