/* Opens the branch that contains the comment in the address, and focuses that comment. */
import { focusComment } from "./navigation.js";

const focusLinked = () => focusComment(document.getElementById(location.hash.slice(1)), true);

addEventListener("hashchange", focusLinked);
// not before: until then the browser scrolls there itself, which drops the focus
addEventListener("load", () => setTimeout(focusLinked));
