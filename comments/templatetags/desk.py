"""Template tags for the comments on an author's admin index page."""

from secrets import token_urlsafe
from typing import Any

from django import template

from comments.desk import desk
from comments.models import Comment

register = template.Library()


@register.simple_tag
def said_to(user: Any) -> list[Comment]:
    return desk.newest(user)


@register.simple_tag
def readers_of(user: Any) -> desk.Readers:
    return desk.readers(user)


@register.simple_tag
def fresh_key() -> str:
    """Return a random key by which a reply that is submitted twice is recognized."""
    return token_urlsafe(12)
