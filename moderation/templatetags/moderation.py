"""What the admin's own pages show of the queue."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from accounts.models import User
from comments.models import Comment, Status
from moderation.decisions.rights import rights_of
from moderation.queue.query import APPEALED, tab_of

register = template.Library()


@register.simple_tag
def pending() -> int:
    """How many comments wait for a decision."""
    waiting: int = Comment.objects.filter(status=Status.PENDING).count()
    return waiting


@register.simple_tag
def open_appeals(user: User) -> int:
    """How many appeals a moderator has to answer, as the queue's tab counts them."""
    rights = rights_of(user)
    return tab_of(APPEALED, rights).count() if rights else 0


@register.simple_tag
def decides(user: object) -> bool:
    """Whether there is anything in the queue that is theirs to decide."""
    return isinstance(user, User) and rights_of(user) is not None


@register.simple_tag
def around(is_everywhere: bool) -> list[tuple[str, Any]]:
    """The pages beside the queue, for somebody who decides everywhere or only on essays of their own."""
    everywhere = [
        ("queue-blocks", _("Trusted, held and blocked")),
        ("queue-numbers", _("Statistics")),
        ("queue-filter", _("Spam filter")),
    ]
    return [("queue-log", _("Log")), *(everywhere if is_everywhere else [])]
