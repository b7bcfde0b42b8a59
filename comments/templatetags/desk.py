"""Template tags for the comments on an author's admin index page."""

from secrets import token_urlsafe
from typing import Any

from django import template

from comments.desk import desk
from comments.models import Comment

register = template.Library()


@register.simple_tag
def comments_for(user: Any) -> list[Comment]:
    return desk.newest_comments(user)


@register.simple_tag
def subscriber_counts(user: Any) -> desk.SubscriberCounts:
    return desk.subscriber_counts(user)


@register.simple_tag
def submission_key() -> str:
    """Return a random key by which a reply that is submitted twice is recognized."""
    return token_urlsafe(12)
