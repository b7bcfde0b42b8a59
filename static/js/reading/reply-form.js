/* Reply form: submits once per click, and loads posting, preview and quoting only when they are needed. */
import { focusComment } from "./navigation.js";
import { showRelativeTimes } from "./relative-time.js";
import { moveForm, setPassage } from "./reply-target.js";

const form = document.querySelector("form#respond");
let isPlain = false;

if (form) {
  form.addEventListener("focusin", () => import("./posting.js").catch(() => {}), { once: true });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector(".post"));
  });
  form.addEventListener("submit", (event) => {
    const { submitter } = event;
    if (isPlain || submitter?.hasAttribute("formaction")) return; // a login button
    event.preventDefault();
    const module = submitter?.name ? import("./preview.js") : import("./posting.js");
    module.then(({ submit }) => submit({ moveForm, setPassage, focusComment, showRelativeTimes }), () => {
      isPlain = true; // fall back to a plain form submission
      form.requestSubmit(submitter);
    });
  });
  const errors = form.querySelector(".errors");
  errors?.focus();
  document.addEventListener("selectionchange", function onSelection() {
    if (getSelection().isCollapsed) return;
    document.removeEventListener("selectionchange", onSelection);
    import("./quote.js").then(({ offerQuote }) => offerQuote({ moveForm, setPassage }));
  });
}

/* A rejected reply is shown at the address it was sent to; reloading or going back must not send it again. */
if (location.pathname.endsWith("/respond/")) history.replaceState(history.state, "", location.pathname.replace(/respond\/$/, ""));
