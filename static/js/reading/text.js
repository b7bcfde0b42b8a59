/* The entry of a preview, which has the text of an essay without its discussion. */
import "../site.js";
import "./notes.js";
import "./contents.js";
