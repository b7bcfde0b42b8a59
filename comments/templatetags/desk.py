"""Template tags for the comments on an author's admin index page."""

from secrets import token_urlsafe

from django import template

from comments.desk import desk

register = template.Library()
register.simple_tag(desk.unanswered_comments)
register.simple_tag(desk.subscriber_counts)
register.simple_tag(desk.essay_subscriber_count)


@register.simple_tag
def submission_key() -> str:
    """Return a random key by which a reply that is submitted twice is recognized."""
    return token_urlsafe(12)
