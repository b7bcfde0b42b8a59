/* Puts a comment that was just posted where it stands in the thread, out of a page of the server that holds it. */
import { arrive } from "./navigation.js";
import { tell } from "./relative-time.js";

const repliesOf = (comment) => comment?.querySelector(":scope > .replies");

/* The list here that stands for one of the other page, begun if there is none yet; none where that is not on this page. */
function listFor(theirs) {
  const above = theirs.closest(".comment");
  if (!above) return document.querySelector(".thread") ?? begin(theirs, document.getElementById("comments-title"));
  const here = document.getElementById(above.id);
  const isTooDeep = here?.closest(".thread").dataset.depth <= depth(here);
  return repliesOf(here)?.lastElementChild ?? (here && !isTooDeep && begin(theirs.parentElement, here.querySelector(".say")).lastElementChild);
}

function depth(comment) {
  let count = 1;
  for (let list = comment.parentElement; (list = list.parentElement.closest("ol")); ) count += 1;
  return count;
}

/* An empty list, or a branch with one, after what it belongs to. */
function begin(theirs, before) {
  const made = theirs.cloneNode(true);
  (made.querySelector("ol") ?? made).replaceChildren();
  before.after(made);
  return made;
}

/* Between the same neighbours as there; where none of them is here, the page shows other threads. */
function put(comment, list) {
  const isReply = Boolean(comment.parentElement.closest(".comment"));
  for (const [next, side] of [["previousElementSibling", "after"], ["nextElementSibling", "before"]]) {
    for (let other = comment[next]; other; other = other[next]) {
      const known = document.getElementById(other.id);
      if (known?.parentElement === list) return known[side](comment);
    }
  }
  if (isReply || !list.children.length) list.append(comment);
}

function recount(page, comment) {
  const [title, theirs] = [document, page].map((each) => each.getElementById("comments-title"));
  title.replaceChildren(...theirs.childNodes);
  const link = page.querySelector(".byline a[href='#comments']");
  const byline = document.querySelector(".byline");
  if (link && byline) {
    byline.querySelector("a[href='#comments']")?.remove();
    byline.append(link);
  }
  for (let branch = comment.closest(".replies"); branch; branch = branch.parentElement.closest(".replies")) {
    const counted = repliesOf(page.getElementById(branch.parentElement.id));
    if (counted) branch.firstElementChild.textContent = counted.firstElementChild.textContent;
  }
}

/* What became of it, beside it; words that come with their place are not read out. */
function say(comment, words) {
  let notice = comment.querySelector(":scope > .say > .notice");
  if (!notice) {
    notice = document.createElement("div");
    notice.className = "notice";
    notice.role = "status";
    notice.textContent = words;
    comment.querySelector(".comment-body").before(notice);
  }
  const said = Array.from(notice.childNodes);
  notice.replaceChildren();
  setTimeout(() => notice.append(...said), 50);
}

/* Whether the comment is on this page now, at the address at which it is read. */
export function insert(id, page, address, words) {
  const comment = page.getElementById(id);
  const list = comment && listFor(comment.parentElement);
  if (!list) return false;
  if (!document.getElementById(id)) put(comment, list);
  const here = document.getElementById(id);
  if (!here) return false;
  recount(page, here);
  tell(here);
  history.replaceState(history.state, "", address);
  location.replace(`#${id}`); // this, too, makes it the one that is marked
  say(here, words);
  arrive(here);
  return true;
}
