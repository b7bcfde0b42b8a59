"""The condition for queries over users who may moderate."""

from django.contrib.auth.models import Permission
from django.db.models import Q

MODERATE = "add_decision"


def moderators() -> Q:
    """Users who may moderate all comments, by group, own permission or as superusers."""
    may = Permission.objects.filter(codename=MODERATE, content_type__app_label="comments")
    return Q(is_active=True) & (Q(is_superuser=True) | Q(groups__permissions__in=may) | Q(user_permissions__in=may))
