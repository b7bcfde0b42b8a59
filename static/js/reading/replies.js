/* The entry of the page of replies. */
import "../site.js";
import "./likes.js";
