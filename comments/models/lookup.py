"""Lookup of an essay by its URL, with discussion, rules and the user's rights in one query."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Value
from django.shortcuts import get_object_or_404

from accounts.models import User
from blog.models import Authorship, Essay
from comments.models.permissions import moderators


def get_essay_or_404(user: User | AnonymousUser, *, slug: str, year: int = 0, month: int = 0, day: int = 0) -> Any:
    """The published essay (or page, without a date) at a URL, with its discussion and rules; else raise Http404.

    Annotations: `is_by_user`: the user is one of its authors; `is_moderated_by_user`: the user is a moderator;
    `has_user_verified_email`: the user's primary address is verified.
    """
    essays = Essay.objects.published().select_related("discussion__rules")
    date = {"dated__year": year, "dated__month": month, "dated__day": day}
    essays = essays.essays().filter(**date) if year else essays.pages()
    if isinstance(user, User):
        authorship = Authorship.objects.filter(essay=OuterRef("pk"), author=user)
        moderates = Exists(User.objects.filter(moderators(), pk=user.pk))
        verified = Exists(EmailAddress.objects.filter(user=user, email=user.email.lower(), verified=True))
        essays = essays.annotate(
            is_by_user=Exists(authorship), is_moderated_by_user=moderates, has_user_verified_email=verified
        )
    else:
        essays = essays.annotate(
            is_by_user=Value(False), is_moderated_by_user=Value(False), has_user_verified_email=Value(False)
        )
    return get_object_or_404(essays, slug=slug)
