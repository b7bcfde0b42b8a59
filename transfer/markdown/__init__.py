"""Export as a folder of Markdown files, and import of such folders and of those of static site generators."""
