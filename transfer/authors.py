"""People of an old site: its authors become users who cannot log in, all other commenters become guests."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from html import unescape
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Exists, OuterRef
from django.utils.html import strip_tags
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Commenter, User
from accounts.profiles.forms import EmailField, WebsiteField
from accounts.profiles.names import tidy_line
from transfer.models import ImportedAuthor, ImportedComment
from transfer.report import Report

MAX_NAME = 245
BATCH = 500
_EMAIL = EmailField(max_bytes=100, required=False)
_WEBSITE = WebsiteField(max_bytes=200, required=False)
_NOT_IN_LOGINS = re.compile(r"[^\w.@+-]+")


class Authors:
    """The authors of one old site, by their username there.

    An existing user is never taken for an author, whatever their name or address: only the owner can say so, by
    `credited`. New users are inactive, without a password, and their email addresses are unverified.
    """

    def __init__(self, origin: str, report: Report, credited: Mapping[str, User]) -> None:
        self.origin = origin
        self.report = report
        self.credited = credited
        self.users: dict[str, User] = {}

    def get_or_create(self, login: str, name: str = "", email: str = "") -> User:
        """Return the user for an author's username on the old site, created if new."""
        key = login_key(login)
        if key not in self.users:
            source = f"{self.origin}#author-{key}"[:500]
            known = ImportedAuthor.objects.filter(source=source).select_related("user").first()
            if known:
                self.users[key] = known.user
                self.report.unchanged["author(s)"] += 1
            else:
                self.users[key] = self.credited.get(key) or self.create_user(login, name, email)
                ImportedAuthor.objects.create(source=source, user=self.users[key])
        return self.users[key]

    def create_user(self, login: str, name: str, email: str) -> User:
        """Create an inactive user for an author and report it."""
        name = one_line(name or login.partition("@")[0], MAX_NAME)
        user = User(username=free_username(login, name), name=name, email=self.unclaimed_email(email), is_active=False)
        user.set_unusable_password()
        user.save()
        self.report.counts["author(s), who cannot log in until you activate them in the admin"] += 1
        if user.username.casefold() != login_key(login) and "@" not in login:
            self.report.remark("author(s) got a new username", f"{login} is now {user.username}")
        return user

    def unclaimed_email(self, email: str) -> str:
        """Return the address unless someone here has it already; only that person may log in with it."""
        email = email.strip()
        try:
            validate_email(email)
        except ValidationError:
            return ""
        if len(email) > 254 or User.objects.filter(email__iexact=email).exists():
            return ""
        return "" if EmailAddress.objects.filter(email__iexact=email).exists() else email

    def get_commenter(self, user: User) -> Commenter:
        """Return the Commenter of an author; unverified, because only the old site says who they are."""
        details = {"name": user.get_full_name(), "email": user.email[:100], "verified": False}
        return Commenter.objects.get_or_create(user=user, defaults=details)[0]


def login_key(login: str) -> str:
    """Normalize a username of the old site, which exports write in several ways."""
    return tidy_line(login).strip("<> ").casefold()


def free_username(login: str, name: str) -> str:
    """Return the old username if it is free; never made from an email address, because usernames are public."""
    wanted = slugify(name, allow_unicode=True) if "@" in login else _NOT_IN_LOGINS.sub("", tidy_line(login))
    stem = wanted[:140] or "author"
    username, number = stem, 1
    while User.objects.filter(username__iexact=username).exists():
        number += 1
        username = f"{stem}-{number}"
    return username


class Details(NamedTuple):
    """A guest's name, email address and website from an export, tidied as if typed here."""

    name: str
    email: str
    website: str

    @classmethod
    def from_export(cls, name: str, email: str, website: str) -> "Details":
        """Tidy a commenter's details: no name becomes “Anonymous”, an invalid email address or website nothing."""
        return cls(one_line(name, MAX_NAME) or _("Anonymous"), _cleaned(_EMAIL, email), _cleaned(_WEBSITE, website))

    @classmethod
    def typed(cls, name: str, email: str, website: str) -> "Details":
        """Return a commenter's details from one of our own sites, where they are plain text."""
        return cls(tidy_line(name, MAX_NAME) or _("Anonymous"), _cleaned(_EMAIL, email), _cleaned(_WEBSITE, website))

    @property
    def digest(self) -> int:
        """A short hash, to recognize the same guest."""
        return int.from_bytes(blake2b("\0".join(self).encode(errors="replace"), digest_size=12).digest())


class Guests:
    """The guests of one discussion; only a digest of the details and the key are kept in memory."""

    def __init__(self) -> None:
        self.pks: dict[int, int] = {}

    def get_or_create(self, wanted: Iterable[Details]) -> list[int]:
        """Return the keys of these guests' Commenters, in the same order; new ones are created."""
        details = [*wanted]
        digests = [each.digest for each in details]
        new = {digest: each for digest, each in zip(digests, details, strict=True) if digest not in self.pks}
        self.pks |= {each.digest: pk for each, pk in get_or_create_guests(new.values()).items()}
        return [self.pks[digest] for digest in digests]


def get_or_create_guests(wanted: Iterable[Details]) -> dict[Details, int]:
    """Return the guests' Commenters by key: from an earlier import, or new. A guest of this site is never reused."""
    details = sorted(set(wanted))
    if not details:
        return {}
    imported = ImportedComment.objects.filter(comment__commenter=OuterRef("pk"))
    named = Commenter.objects.guests().filter(name__in={each.name for each in details})
    known = named.filter(Exists(imported), email__in={each.email for each in details}).order_by("-pk")
    rows = {Details(*found): pk for pk, *found in known.values_list("pk", "name", "email", "website")}
    new = [each for each in details if each not in rows]
    created = Commenter.objects.bulk_create(
        [Commenter(name=each.name, email=each.email, website=each.website) for each in new], batch_size=BATCH
    )
    return rows | {each: row.pk for each, row in zip(new, created, strict=True)}


@lru_cache(maxsize=5_000)  # people write several comments
def one_line(text: str, limit: int) -> str:
    """Convert a name with WordPress's entities and tags to one line of text."""
    return tidy_line(strip_tags(unescape(text)), limit)


@lru_cache(maxsize=5_000)
def _cleaned(field: EmailField | WebsiteField, text: str) -> str:
    """Return a text as the form field cleans it, or nothing if it is invalid."""
    try:
        return str(field.clean(text.strip()))
    except ValidationError:
        return ""
