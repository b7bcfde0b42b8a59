/* Inserts a comment that was just posted into the thread, taken from a page of the server that contains it. */

const repliesOf = (comment) => comment?.querySelector(":scope > .replies");

/* The list on this page that matches one of the fetched page, created if missing; none if its parent isn't on this
   page. */
function findList(source) {
  const parent = source.closest(".comment");
  if (!parent) return document.querySelector(".thread") ?? addList(source, document.querySelector("#comments > .opening"));
  const local = document.getElementById(parent.id);
  const isTooDeep = local?.closest(".thread").dataset.depth <= depth(local);
  return repliesOf(local)?.lastElementChild ?? (local && !isTooDeep && addList(source.parentElement, local.querySelector(".say")).lastElementChild);
}

function depth(comment) {
  let count = 1;
  for (let list = comment.parentElement; (list = list.parentElement.closest("ol")); ) count += 1;
  return count;
}

/* Insert an empty copy of a list, or of a branch with one, after an element. */
function addList(source, anchor) {
  const copy = source.cloneNode(true);
  (copy.querySelector("ol") ?? copy).replaceChildren();
  anchor.after(copy);
  return copy;
}

/* Insert between the same neighbors as on the fetched page; if none of them is here, this page shows other threads. */
function insertInOrder(comment, list) {
  const isReply = Boolean(comment.parentElement.closest(".comment"));
  for (const [next, side] of [["previousElementSibling", "after"], ["nextElementSibling", "before"]]) {
    for (let other = comment[next]; other; other = other[next]) {
      const neighbor = document.getElementById(other.id);
      if (neighbor?.parentElement === list) return neighbor[side](comment);
    }
  }
  if (isReply || !list.children.length) list.append(comment);
}

function updateCounts(page, comment) {
  const [title, fresh] = [document, page].map((each) => each.getElementById("comments-title"));
  title.replaceChildren(...fresh.childNodes);
  const link = page.querySelector(".byline a[href='#comments']");
  const byline = document.querySelector(".byline");
  if (link && byline) {
    byline.querySelector("a[href='#comments']")?.remove();
    byline.append(link);
  }
  for (let branch = comment.closest(".replies"); branch; branch = branch.parentElement.closest(".replies")) {
    const replies = repliesOf(page.getElementById(branch.parentElement.id));
    if (replies) branch.firstElementChild.textContent = replies.firstElementChild.textContent;
  }
}

/* Show the server's numbers of comments on paragraphs, unless the essay's text has changed since. */
function updatePassageCounts(page) {
  const [prose, fresh] = [document, page].map((each) => each.querySelector(".prose[data-revision]"));
  if (prose?.dataset.revision !== fresh?.dataset.revision) return;
  for (const count of fresh?.querySelectorAll(".on-count") ?? []) {
    const { localName } = count.parentElement;
    const index = Array.from(fresh.querySelectorAll(localName)).indexOf(count.parentElement);
    const local = document.getElementById(count.id) ?? prose.querySelectorAll(localName)[index].appendChild(count);
    local.textContent = count.textContent;
    local.setAttribute("aria-label", count.getAttribute("aria-label"));
  }
  document.dispatchEvent(new Event("passages"));
}

/* Show the result beside the comment; screen readers skip text inserted together with its live region. */
function announce(comment, message) {
  let notice = comment.querySelector(":scope > .say > .notice");
  if (!notice) {
    notice = document.createElement("div");
    notice.className = "notice";
    notice.role = "status";
    notice.textContent = message;
    comment.querySelector(".comment-body").before(notice);
  }
  const nodes = Array.from(notice.childNodes);
  notice.replaceChildren();
  setTimeout(() => notice.append(...nodes), 50);
}

/* Insert the comment and return whether it is on this page now; the address bar then shows the comment's address. */
export function insertComment(id, page, url, message, { focusComment, showRelativeTimes }) {
  const comment = page.getElementById(id);
  const list = comment && findList(comment.parentElement);
  if (!list) return false;
  if (!document.getElementById(id)) insertInOrder(comment, list);
  const local = document.getElementById(id);
  if (!local) return false;
  if (!document.getElementById("menu")) local.closest(".thread").after(page.getElementById("menu") ?? ""); // the first comment
  updateCounts(page, local);
  updatePassageCounts(page);
  showRelativeTimes(local);
  history.replaceState(history.state, "", url);
  location.replace(`#${id}`); // this also makes it the :target
  announce(local, message);
  focusComment(local);
  return true;
}
