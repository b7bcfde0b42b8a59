"""What the admin's own pages show of the queue."""

from django import template

from comments.models import Comment, Status

register = template.Library()


@register.simple_tag
def pending() -> int:
    """How many comments wait for a decision."""
    waiting: int = Comment.objects.filter(status=Status.PENDING).count()
    return waiting
