"""What an author brings along from other programs → the HTML of our own essays."""

from blog.editor.paste import Brought, bring

__all__ = ("Brought", "bring")
