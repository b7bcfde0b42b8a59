"""Moderators' notes about people."""

from moderation.models.note import Note

__all__ = ("Note",)
