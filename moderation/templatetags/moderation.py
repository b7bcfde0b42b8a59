"""What the admin's own pages show of the queue."""

from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext as _

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Discussion, Rules, Status
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


@register.simple_tag
def around(is_everywhere: bool) -> list[tuple[str, Any]]:
    """The pages beside the queue, for somebody who decides everywhere or only on essays of their own."""
    everywhere = [("queue-numbers", _("Numbers")), ("queue-filter", _("Filter"))]
    return [("queue-log", _("Log")), *(everywhere if is_everywhere else [])]


@register.simple_tag(takes_context=True)
def public_record(context: Context) -> bool:
    """Whether everybody may read what is decided here, in counts. An essay's page has read the rules already."""
    essay = context.get("essay")
    if isinstance(essay, Essay) and essay.pk:
        return Discussion.objects.of(essay).rules.public_record
    return Rules.objects.filter(pk=1, public_record=True).exists()
