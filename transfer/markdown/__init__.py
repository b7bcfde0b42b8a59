"""Export as a folder of Markdown files for static site generators."""
