"""Whose name another one looks like: that of somebody who writes or keeps order here, of an office, of the site."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.profiles.names import fold, imitates

OFFICES = ("admin", "administrator", "author", "moderator", "owner", "staff", "webmaster")


class Known(NamedTuple):
    """Somebody whose name is theirs alone: as readers see it, and as they log in."""

    pk: int
    name: str
    username: str
    writes: bool


def people() -> "QuerySet[User, tuple[Any, ...]]":
    """The rows of Known, in one query, which may be joined with others of the kind."""
    essays: Any = User._meta.get_field("authorships").related_model
    users = User.objects.annotate(writes=Exists(essays.objects.filter(author=OuterRef("pk"))))
    return users.filter(Q(writes=True) | Q(is_staff=True) | Q(is_superuser=True)).values_list(*Known._fields)


def imitated(name: str, known: Iterable[Known]) -> Known | None:
    """Whose name this looks like, or has in it; a log-in's bare handle is looked for as a whole alone."""
    folded = fold(name)
    for one in known:
        if (one.name and imitates(name, one.name)) or (one.username and fold(one.username) == folded):
            return one
    return None


def is_office(name: str) -> bool:
    return any(imitates(name, office) for office in OFFICES)
