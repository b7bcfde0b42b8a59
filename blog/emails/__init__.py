"""An essay as an email: its HTML for email programs, and its plain text."""

from blog.emails.letter import Letter, letter_for

__all__ = ["Letter", "letter_for"]
