/* The entry of the page where a comment is edited. */
import "../forms.js";
import "./formatting.js";
