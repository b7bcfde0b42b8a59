"""Conversion of HTML from other programs to the HTML of essays."""

from blog.editor.paste import Brought, bring

__all__ = ("Brought", "bring")
