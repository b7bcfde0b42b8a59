"""Finds the passages that comments are about: in the text they were taken from, and again in a later one.

Pure functions on texts: no models, no queries.
"""

from comments.passages.matching.finding import Match, find_again
from comments.passages.matching.locating import locate
from comments.passages.matching.paragraphs import BLOCKS, Paragraph, tidy_words
from comments.passages.matching.text import CONTEXT, Passage, Place, Text, parse_text, quote

__all__ = [
    "BLOCKS", "CONTEXT", "Match", "Paragraph", "Passage", "Place", "Text", "find_again", "locate", "parse_text",
    "quote", "tidy_words",
]  # fmt: skip
