"""An essay as an email: its HTML for email programs, and its plain text."""

from blog.emails.letter import Letter, letter_for
from blog.emails.text import to_email_text

__all__ = ["Letter", "letter_for", "to_email_text"]
