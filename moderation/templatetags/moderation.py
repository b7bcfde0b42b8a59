"""Template tags for links to the moderators' pages."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from accounts.models import User
from comments.models import Comment, Status
from moderation.decisions.rights import rights_of
from moderation.queue.query import APPEALED, comments_in_tab
from server import counting
from server.counting import Count

register = template.Library()


@register.simple_tag
def pending_count() -> Count:
    return counting.count(Comment.objects.filter(status=Status.PENDING))


@register.simple_tag
def open_appeal_count(user: User) -> int:
    """Return the number of appeals on the user's queue tab."""
    rights = rights_of(user)
    return counting.count(comments_in_tab(APPEALED, rights)) if rights else 0


@register.simple_tag
def can_moderate(user: object) -> bool:
    """Return whether the user may open the queue."""
    return isinstance(user, User) and rights_of(user) is not None


@register.simple_tag
def moderation_pages(is_site_wide: bool) -> list[tuple[str, Any]]:
    """Return URL name and label of the pages linked from the queue, as far as the moderator may see them."""
    site_pages = [
        ("queue-blocks", _("Trusted, held and blocked people")),
        ("queue-numbers", _("Statistics")),
        ("queue-filter", _("Spam filter")),
    ]
    return [("queue-log", _("Log")), *(site_pages if is_site_wide else [])]
