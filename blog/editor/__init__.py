"""Conversion of HTML from other programs to the HTML of essays."""

from blog.editor.conversion import Conversion, convert_html

__all__ = ("Conversion", "convert_html")
