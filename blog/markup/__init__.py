"""Conversion of people's text to safe HTML; the only package that imports bleach and Markdown."""

from accounts.profiles.names import tidy_line, tidy_text
from blog.markup.cleaning import clean_comment, clean_comment_html, clean_essay
from blog.markup.formulas import find_failed_formulas, may_contain_formula
from blog.markup.hosts import complete_address, complete_links, is_unclear, unclear_links
from blog.markup.links import picture_url as picture_address
from blog.markup.reading import count_words, excerpt, link_targets, plain_text
from blog.markup.rendering import absolutize, find_headings, heading_ids, make_focusable, render, table_of_contents
from blog.markup.typesetting import typeset

__all__ = [
    "absolutize", "clean_comment", "clean_comment_html", "clean_essay", "complete_address", "complete_links",
    "count_words", "excerpt", "find_failed_formulas", "find_headings", "heading_ids", "is_unclear", "link_targets",
    "make_focusable", "may_contain_formula", "picture_address", "plain_text", "render", "table_of_contents",
    "tidy_line", "tidy_text", "typeset", "unclear_links",
]  # fmt: skip
