/* Fills in the replies that were left out, in place; without script their link leads to them. */
import { tell } from "./relative-time.js";

export async function fill(link) {
  const answer = await fetch(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const root = link.closest(".thread > .comment");
  const first = page.querySelector(".thread > .comment");
  const next = page.querySelector(".rest");
  const found = Array.from(page.querySelectorAll(".thread > .comment"));
  link.parentElement.remove();
  root?.querySelectorAll(".branch").forEach((left) => left.remove());
  if (first.id === root?.id) root.replaceWith(...found);
  else if (root) root.after(...found);
  else document.querySelector(".thread").append(...found);
  if (next && !next.closest(".thread")) found.at(-1).append(next);
  found.forEach(tell);
  const say = (first.id === root?.id ? first.querySelector(".replies .say") : first.querySelector(".say")) ?? first.querySelector(".say");
  say.tabIndex = -1;
  say.focus();
}
