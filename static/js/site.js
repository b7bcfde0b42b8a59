/* The entry of every page that has no entry of its own, and the first import of those that have. */
