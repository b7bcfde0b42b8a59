/* Posts by Ctrl or ⌘ with Enter, posts once however often it is pressed, and brings a refusal's summary into focus. */
const form = document.querySelector("form#respond");
const button = form?.querySelector(".post");
const rest = button?.textContent;

function wait(isBusy) {
  button.setAttribute("aria-disabled", isBusy);
  button.textContent = isBusy ? button.dataset.busy : rest;
}

if (button) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(button);
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.hasAttribute("formaction") || event.submitter?.name) return; // to log in, or for a preview
    if (button.getAttribute("aria-disabled") === "true") return event.preventDefault();
    wait(true);
    setTimeout(wait, 15_000, false);
  });
  addEventListener("pageshow", () => wait(false));
}
form?.querySelector(".errors")?.focus();

/* A refused reply stands at the address it was sent to: going back or reloading must not send it again. */
if (location.pathname.endsWith("/respond/")) history.replaceState(history.state, "", location.pathname.replace(/respond\/$/, ""));
