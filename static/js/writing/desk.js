/* Replies on the admin's first page: a box takes the focus when it is opened, and Ctrl+Enter (on a Mac Cmd+Enter) sends. */

for (const box of document.querySelectorAll(".desk-comments li details")) {
  box.addEventListener("toggle", () => box.open && box.querySelector("textarea").focus());
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || !event.target.form) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  box.querySelector("form").addEventListener("submit", ({ target }) => {
    target.querySelector("button").disabled = true;
  });
}
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll(".desk-comments button")) button.disabled = false;
});
