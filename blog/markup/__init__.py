"""Conversion of people's text to safe HTML; the only package that imports bleach and Markdown."""

from accounts.profiles.names import tidy_line
from accounts.profiles.text import tidy_text
from blog.markup import markdown
from blog.markup.cleaner import clean
from blog.markup.hosts import complete_links, completed, is_unclear, unclear_links
from blog.markup.links import picture as picture_address
from blog.markup.normalizer import shape
from blog.markup.rendering import afar, contents, draw, reachable
from blog.markup.rules import COMMENT, ESSAY
from blog.markup.words import count_words, excerpt, links, plain, readable

__all__ = [
    "afar",
    "comment",
    "comment_html",
    "complete_links",
    "completed",
    "contents",
    "count_words",
    "draw",
    "essay",
    "excerpt",
    "is_unclear",
    "links",
    "picture_address",
    "plain",
    "reachable",
    "readable",
    "tidy_line",
    "tidy_text",
    "unclear_links",
]


def comment(text: str) -> str:
    """Convert a comment as typed: Markdown that may contain the tags of the comment allowlist."""
    return clean(shape(markdown.render(tidy_text(text)), COMMENT), COMMENT)


def comment_html(html: str) -> str:
    """Clean an imported comment: HTML whose newlines make paragraphs and breaks, as WordPress shows them."""
    return clean(shape(html, COMMENT, newlines=True), COMMENT)


def essay(html: str, *, newlines: bool = False) -> str:
    """Clean an essay's body; with `newlines`, bare newlines make paragraphs and breaks, as in WordPress."""
    return clean(shape(html, ESSAY, newlines=newlines), ESSAY)
