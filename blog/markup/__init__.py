"""Conversion of people's text to safe HTML; the only package that imports bleach and Markdown."""

from accounts.profiles.names import tidy_line, tidy_text
from blog.markup import markdown
from blog.markup.cleaner import clean
from blog.markup.hosts import complete_address, complete_links, is_unclear, unclear_links
from blog.markup.links import picture_url as picture_address
from blog.markup.normalizer import normalize
from blog.markup.rendering import absolutize, make_focusable, render, table_of_contents
from blog.markup.rules import COMMENT, ESSAY
from blog.markup.words import count_words, excerpt, link_targets, plain_text, text_version

__all__ = [
    "absolutize",
    "clean_comment",
    "clean_comment_html",
    "clean_essay",
    "complete_address",
    "complete_links",
    "count_words",
    "excerpt",
    "is_unclear",
    "link_targets",
    "make_focusable",
    "picture_address",
    "plain_text",
    "render",
    "table_of_contents",
    "text_version",
    "tidy_line",
    "tidy_text",
    "unclear_links",
]


def clean_comment(text: str) -> str:
    """Convert a comment as typed: Markdown that may contain the tags of the comment allowlist."""
    return clean(normalize(markdown.render(tidy_text(text)), COMMENT), COMMENT)


def clean_comment_html(html: str) -> str:
    """Clean an imported comment: HTML whose newlines make paragraphs and breaks, as WordPress shows them."""
    return clean(normalize(html, COMMENT, newlines=True), COMMENT)


def clean_essay(html: str, *, newlines: bool = False) -> str:
    """Clean an essay's body; with `newlines`, bare newlines make paragraphs and breaks, as in WordPress."""
    return clean(normalize(html, ESSAY, newlines=newlines), ESSAY)
