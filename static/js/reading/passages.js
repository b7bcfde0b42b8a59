/* Comments on passages of the essay: loads what is needed when a reader points at one, opens or removes one. */
import { moveForm, setPassage } from "./reply-target.js";

const prose = document.querySelector(".prose[data-revision]");
const form = document.querySelector("form#respond");
const linkOf = (event) => event.target.closest?.(".on-count, .on a");
const load = () => import("./passage-threads.js").then((module) => module.use({ moveForm, setPassage }));

if (prose) {
  try {
    if (localStorage.marks === "off") document.body.classList.add("marks-off");
  } catch {
    // the browser refuses storage
  }
  for (const type of ["mouseover", "mouseout", "focusin", "focusout"]) {
    document.addEventListener(type, (event) => {
      const link = event.target.closest?.(".on-count") ?? event.target.closest?.(".on")?.querySelector("a");
      if (link) load().then(({ mark }) => mark(/over|in$/.test(type) ? link : null), () => {});
    });
  }
  form?.addEventListener("click", (event) => {
    const { name, value } = event.target;
    if (name !== "passage") return;
    event.preventDefault();
    const { on, text } = form.elements;
    if (value === "remove") {
      setPassage("");
      text.focus();
    } else load().then(({ showWords }) => showWords(on.value), () => {});
  });
  document.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    load().then(({ follow }) => follow(link), () => location.assign(link.href));
  });
  const offer = () => prose.querySelector(".on-count") && load().then(({ offerToHide }) => offerToHide(), () => {});
  offer();
  document.addEventListener("passages", offer); // a comment was posted
}
