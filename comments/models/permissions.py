"""Conditions for queries over users: who may moderate."""

from django.contrib.auth.models import Permission
from django.db.models import Q

from blog.models import Authorship
from comments.models.rules import Rules

MODERATE = "add_decision"


def moderators() -> Q:
    """Users who may moderate all comments, by group, own permission or as superusers."""
    may = Permission.objects.filter(codename=MODERATE, content_type__app_label="comments")
    return Q(is_active=True) & (Q(is_superuser=True) | Q(groups__permissions__in=may) | Q(user_permissions__in=may))


def moderators_of(essay: int) -> Q:
    """Users who may moderate the comments on this essay, including its authors if the rules allow it."""
    if not Rules.objects.current().authors_moderate:
        return moderators()
    return moderators() | Q(is_active=True, pk__in=Authorship.objects.filter(essay=essay).values("author"))
