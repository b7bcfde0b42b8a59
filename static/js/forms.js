/* The entry of pages with a form. */
import "./site.js";
import "./shared/field-errors.js";
