"""Impersonation: names that look like an author's, a moderator's or an official title."""

from collections.abc import Iterable
from functools import cache, reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.profiles.names import fold, imitates

OFFICIAL_TITLES = ("admin", "administrator", "author", "moderator", "owner", "staff", "webmaster")


class ProtectedName(NamedTuple):
    """An author, moderator or owner, whose name no other commenter may use."""

    pk: int
    name: str
    username: str
    is_author: bool


@cache
def has_byline() -> Any:
    """A condition on users: a row of a model that declares itself a byline names them as author."""
    models = [(each.related_model, each.field.name) for each in User._meta.related_objects]
    named = [
        Exists(model._default_manager.filter(**{name: OuterRef("pk")}))
        for model, name in models
        if getattr(model, "is_byline", False)
    ]
    return reduce(or_, named)


def protected_names() -> "QuerySet[User, tuple[Any, ...]]":
    """Select the rows of ProtectedName, for a query that may be combined with others by UNION."""
    users = User.objects.annotate(is_author=has_byline())
    return users.filter(Q(is_author=True) | Q(is_staff=True) | Q(is_superuser=True)).values_list(*ProtectedName._fields)


def find_imitated(name: str, known: Iterable[ProtectedName]) -> ProtectedName | None:
    """Return the person whose name this one imitates or contains; a username has to match as a whole."""
    folded = fold(name)
    for person in known:
        if (person.name and imitates(name, person.name)) or (person.username and fold(person.username) == folded):
            return person
    return None


def is_official_title(name: str) -> bool:
    return any(imitates(name, title) for title in OFFICIAL_TITLES)
