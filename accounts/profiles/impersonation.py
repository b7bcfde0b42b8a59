"""Impersonation: names that look like an author's, a moderator's or an official title."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.profiles.names import fold, imitates

OFFICIAL_TITLES = ("admin", "administrator", "author", "moderator", "owner", "staff", "webmaster")


class Known(NamedTuple):
    """An author, moderator or owner, whose name no other commenter may use."""

    pk: int
    name: str
    username: str
    writes: bool


def people() -> "QuerySet[User, tuple[Any, ...]]":
    """Select the rows of ProtectedName, for a query that may be combined with others by UNION."""
    essays: Any = User._meta.get_field("authorships").related_model
    users = User.objects.annotate(writes=Exists(essays.objects.filter(author=OuterRef("pk"))))
    return users.filter(Q(writes=True) | Q(is_staff=True) | Q(is_superuser=True)).values_list(*Known._fields)


def imitated(name: str, known: Iterable[Known]) -> Known | None:
    """Return the person whose name this one imitates or contains; a username has to match as a whole."""
    folded = fold(name)
    for person in known:
        if (person.name and imitates(name, person.name)) or (person.username and fold(person.username) == folded):
            return person
    return None


def is_office(name: str) -> bool:
    return any(imitates(name, title) for title in OFFICIAL_TITLES)
