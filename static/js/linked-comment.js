/* Opens the branch that holds the comment named by the address, and moves the reader's focus to that comment. */
function follow() {
  const words = document.getElementById(location.hash.slice(1))?.querySelector(":scope > .say");
  if (!words) return;
  for (let branch = words.closest("details"); branch; branch = branch.parentElement.closest("details")) branch.open = true;
  words.tabIndex = -1;
  words.focus({ preventScroll: true });
  words.parentElement.scrollIntoView();
}

addEventListener("hashchange", follow);
follow();
