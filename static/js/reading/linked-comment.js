/* Opens the branch that holds the comment named by the address, and moves the reader's focus to that comment. */
import { arrive } from "./navigation.js";

const follow = () => arrive(document.getElementById(location.hash.slice(1)), true);

addEventListener("hashchange", follow);
// no sooner than this: until then the browser is itself on its way there, and lets go of what has focus
addEventListener("load", () => setTimeout(follow));
