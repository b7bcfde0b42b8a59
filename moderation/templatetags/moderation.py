"""What the admin's own pages show of the queue."""

from django import template

from accounts.models import User
from comments.models import Comment, Status
from moderation.rights import rights_of

register = template.Library()


@register.simple_tag
def pending() -> int:
    """How many comments wait for a decision."""
    waiting: int = Comment.objects.filter(status=Status.PENDING).count()
    return waiting


@register.simple_tag
def decides(user: object) -> bool:
    """Whether there is anything in the queue that is theirs to decide."""
    return isinstance(user, User) and rights_of(user) is not None
