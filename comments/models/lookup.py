"""The essay at an address, with what its discussion needs, in one query."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Value
from django.shortcuts import get_object_or_404

from accounts.models import User
from blog.models import Authorship, Essay
from comments.models.permissions import moderators


def essay_at(user: User | AnonymousUser, *, slug: str, year: int = 0, month: int = 0, day: int = 0) -> Any:
    """The published essay (or page, without a date) at an address, with its discussion and rules; else 404.

    On it `is_own`: the user is one of its authors; `is_kept`: the user is a moderator; `is_reached`: the user's
    primary address is verified.
    """
    essays = Essay.objects.published().select_related("discussion__rules")
    day_of_it = {"dated__year": year, "dated__month": month, "dated__day": day}
    essays = essays.essays().filter(**day_of_it) if year else essays.pages()
    if isinstance(user, User):
        by = Authorship.objects.filter(essay=OuterRef("pk"), author=user)
        kept = Exists(User.objects.filter(moderators(), pk=user.pk))
        reached = Exists(EmailAddress.objects.filter(user=user, email=user.email.lower(), verified=True))
        essays = essays.annotate(is_own=Exists(by), is_kept=kept, is_reached=reached)
    else:
        essays = essays.annotate(is_own=Value(False), is_kept=Value(False), is_reached=Value(False))
    return get_object_or_404(essays, slug=slug)
