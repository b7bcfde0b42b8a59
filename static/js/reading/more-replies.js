/* Loads the omitted replies of a thread into the page; without JavaScript their link opens them. */

export async function loadReplies(link, showRelativeTimes) {
  const response = await fetch(link.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const root = link.closest(".thread > .comment");
  const first = page.querySelector(".thread > .comment");
  const next = page.querySelector(".rest");
  const comments = Array.from(page.querySelectorAll(".thread > .comment"));
  link.parentElement.remove();
  root?.querySelectorAll(".branch").forEach((branch) => branch.remove());
  if (first.id === root?.id) root.replaceWith(...comments);
  else if (root) root.after(...comments);
  else document.querySelector(".thread").append(...comments);
  if (next && !next.closest(".thread")) comments.at(-1).append(next);
  comments.forEach(showRelativeTimes);
  const target = (first.id === root?.id ? first.querySelector(".replies .say") : first.querySelector(".say")) ?? first.querySelector(".say");
  target.tabIndex = -1;
  target.focus();
}
