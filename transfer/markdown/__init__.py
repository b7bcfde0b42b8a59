"""A folder of Markdown files, as generators of sites read them."""
