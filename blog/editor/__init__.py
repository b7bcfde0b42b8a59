"""Conversion of HTML from other programs to the HTML of essays."""

from blog.editor.conversion import Conversion, convert_html
from blog.editor.tree import Findings

__all__ = ("Conversion", "Findings", "convert_html")
