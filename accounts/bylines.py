"""Names of the authors of search results. A key is `u` and a user's primary key, or `c` and a commenter's."""

from collections.abc import Iterable

from accounts.models import Commenter, User
from search.sources import People


def parse_keys(keys: Iterable[str], kind: str) -> set[int]:
    """Return the primary keys in the valid keys of one kind."""
    found = (key[1:] for key in keys if key.startswith(kind))
    return {int(number) for number in found if number.isascii() and number.isdigit() and len(number) < 19}


def find_names(keys: Iterable[str]) -> dict[str, str]:
    """Return the names that pages show for these keys."""
    keys = list(keys)
    users, commenters = parse_keys(keys, "u"), parse_keys(keys, "c")
    found = User.objects.filter(pk__in=users).only("name", "username") if users else ()
    names = {f"u{user.pk}": user.get_full_name() for user in found}
    rows = Commenter.objects.filter(pk__in=commenters).values_list("pk", "name") if commenters else ()
    return names | {f"c{pk}": name for pk, name in rows}


def find_commenters(keys: Iterable[str]) -> dict[str, str]:
    """Return the keys under which these users comment, each with the user's key."""
    rows = Commenter.objects.filter(user__in=parse_keys(keys, "u")).values_list("pk", "user_id")
    return {f"c{pk}": f"u{user}" for pk, user in rows}


people = People(find_names, find_commenters)
