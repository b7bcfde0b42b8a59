"""The fields above a text: front matter, what it says about an essay, and the tags and series that it names."""
