/* Opens the branch that holds the comment named by the address, and moves the reader's focus to that comment. */
function follow() {
  const words = document.getElementById(location.hash.slice(1))?.querySelector(":scope > .say");
  if (!words) return;
  const shut = [];
  for (let branch = words.closest("details"); branch; branch = branch.parentElement.closest("details")) {
    if (!branch.open) shut.push(branch);
  }
  for (const branch of shut) branch.open = true;
  words.tabIndex = -1;
  words.focus({ preventScroll: true });
  if (shut.length) words.scrollIntoView();
}

addEventListener("hashchange", follow);
// no sooner than this: until then the browser is itself on its way there, and lets go of what has focus
addEventListener("load", () => setTimeout(follow));
