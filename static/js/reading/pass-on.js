/* Share and Cite after an essay's text; what they do is loaded on first use. */
const share = document.querySelector("[data-share]");
const cite = document.querySelector(".cite");

if (share) {
  if (!navigator.share) share.textContent = share.dataset.copy;
  share.hidden = false;
  share.addEventListener("click", () => import("./share.js").then((module) => module.share(share)).catch(() => {}));
}
if (cite) {
  cite.role = "button";
  cite.ariaExpanded = "false";
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    import("./cite.js").then((module) => module.toggle(cite)).catch(() => location.assign(cite));
  };
  cite.addEventListener("click", open);
  cite.addEventListener("keydown", (event) => event.key === " " && open(event));
}
