/* Every press of a button in the reply form does its work once; what does it comes when somebody begins to write. */
const form = document.querySelector("form#respond");
let isPlain = false;

if (form) {
  form.addEventListener("focusin", () => import("./posting.js").catch(() => {}), { once: true });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector(".post"));
  });
  form.addEventListener("submit", (event) => {
    const { submitter } = event;
    if (isPlain || submitter?.hasAttribute("formaction")) return; // the latter to log in
    event.preventDefault();
    const work = submitter?.name ? import("./preview.js") : import("./posting.js");
    work.then(({ act }) => act(), () => {
      isPlain = true; // then the page is loaded anew, as without script
      form.requestSubmit(submitter);
    });
  });
  const errors = form.querySelector(".errors");
  errors?.focus();
  document.addEventListener("selectionchange", function select() {
    if (getSelection().isCollapsed) return;
    document.removeEventListener("selectionchange", select);
    import("./quote.js");
  });
}

/* A refused reply stands at the address it was sent to: going back or reloading must not send it again. */
if (location.pathname.endsWith("/respond/")) history.replaceState(history.state, "", location.pathname.replace(/respond\/$/, ""));
