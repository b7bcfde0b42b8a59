"""Everything that is kept about one person, as they may have it: by the relations that lead to them."""

from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter, Invitation, User
from blog.models import Authorship, Draft, Image, PreviewLink, Profile, Revision
from comments.models import Appeal, Bar, Batch, Block, Comment, Decision, Like, Notice, Report, Subscription, Wording
from moderation.models import Note


@dataclass(frozen=True)
class Part:
    """What is told of the rows of one model; `owner` leads from it to the Commenter or the User."""

    model: type[Model]
    title: Any  # a str, translated when it is shown
    owner: str
    fields: tuple[str, ...]

    def rows(self, person: Model) -> list[dict[str, Any]]:
        found: QuerySet[Model] = self.model._default_manager.filter(self.of(person)).order_by("pk")
        return list(found.values(*self.fields))

    def of(self, person: Model) -> Q:
        return Q(**{self.owner: person.pk})

    def label(self, field: str) -> str:
        return capfirst(str(getattr(self.model._meta.get_field(field.partition("__")[0]), "verbose_name", field)))


class Invitations(Part):
    """Those that somebody sent, and those that wait for them: by an address that they have proved."""

    def of(self, person: Model) -> Q:
        proved = EmailAddress.objects.filter(user=person.pk, verified=True)
        return super().of(person) | Q(email__in=proved.values("email"))


class Followed(Part):
    """What somebody asked for, and what is asked for at an address that they have proved."""

    through = ("commenter", "address__email")

    def of(self, person: Model) -> Q:
        commenter, email = self.through
        found = Q(**{commenter: person.pk})
        if isinstance(person, Commenter) and person.user_id:
            proved = EmailAddress.objects.filter(user=person.user_id, verified=True)
            found |= Q(**{f"{email}__in": [address.email.lower() for address in proved]})
        return found


class Mails(Followed):
    """Those that rest on what they follow, and those to somebody who writes or keeps order here."""

    through = ("subscription__commenter", "email")

    def of(self, person: Model) -> Q:
        found = super().of(person)
        return found | Q(recipient=person.user_id) if isinstance(person, Commenter) and person.user_id else found


# A test fails for a relation of Commenter or User that no part tells of.
OF_COMMENTER = (
    Part(
        Commenter,
        _("Profile"),
        "pk",
        ("name", "email", "website", "mark", "profile", "picture_url", "has_lost_picture", "created", "changed"),
    ),
    Part(
        Comment,
        _("Your comments"),
        "commenter",
        ("id", "essay__title", "parent_id", "status", "removed_by", "likes", "created", "edited", "changed"),
    ),
    Part(
        Wording,
        _("Versions of your comments"),
        "comment__commenter",
        ("comment_id", "text", "created", "network", "reasons"),
    ),
    Part(Like, _("Your likes"), "commenter", ("essay__title", "comment_id", "network", "created")),
    Followed(
        Subscription,
        _("Email subscriptions"),
        "",
        (
            "kind",
            "address__email",
            "essay__title",
            "comment_id",
            "often",
            "confirmed",
            "stopped",
            "created",
        ),
    ),
    Mails(Notice, _("Emails to you"), "", ("kind", "email", "comment_id", "essay__title", "state", "created")),
    Part(Bar, _("Blocked from liking"), "commenter", ("created",)),
    Part(Block, _("Trusted, held or blocked"), "commenter", ("kind", "until", "sentence", "created")),
    Part(Report, _("Your reports"), "commenter", ("comment_id", "kind", "words", "network", "state", "created")),
    Part(
        Appeal,
        _("Your appeals"),
        "comment__commenter",
        ("comment_id", "words", "state", "answer", "created"),
    ),
    Part(Note, _("Moderators' notes about you"), "commenter", ("text", "created")),
)
OF_USER = (
    Part(
        User,
        _("Your account"),
        "pk",
        ("username", "name", "email", "date_joined", "last_login", "is_staff", "groups__name"),
    ),
    Part(EmailAddress, _("Email addresses"), "user", ("email", "verified", "primary")),
    Part(
        SocialAccount,
        _("Connected accounts and the data they sent us"),
        "user",
        ("provider", "uid", "extra_data", "date_joined", "last_login"),
    ),
    Part(Authenticator, _("Passkeys and two-factor authentication"), "user", ("type", "created_at", "last_used_at")),
    Part(UserSession, _("Active sessions"), "user", ("user_agent", "ip", "created_at", "last_seen_at")),
    Part(Authorship, _("Your essays"), "author", ("essay__title", "position")),
    Part(
        Revision,
        _("Revisions of your essays"),
        "author",
        ("essay__title", "kind", "title", "deck", "body", "excerpt", "slug", "tags", "note", "created"),
    ),
    Part(Draft, _("Your unsaved drafts"), "author", ("essay__title", "fields", "changed")),
    Part(PreviewLink, _("Your preview links"), "by", ("essay__title", "created", "expires")),
    Part(Profile, _("Your author page"), "user", ("about", "links", "time_zone")),
    Part(Image, _("Images you uploaded"), "by", ("file", "alt", "created")),
    Invitations(
        Invitation,
        _("Pending invitations, sent or received"),
        "by",
        ("by__name", "name", "email", "role", "sent", "mailed"),
    ),
    Part(
        Decision,
        _("Your moderation decisions"),
        "moderator",
        ("number", "verb", "why", "before", "after", "created"),
    ),
    Part(Batch, _("Your batches of decisions"), "moderator", ("verb", "why", "total", "done", "created")),
    Part(Block, _("People you trust, hold or block"), "moderator", ("kind", "why", "until", "created")),
    Part(Note, _("Your notes about others"), "moderator", ("commenter__name", "text", "created")),
    Part(Appeal, _("Appeals you answered"), "answered_by", ("comment_id", "state", "answer", "answered")),
    Part(LogEntry, _("Your changes in the admin"), "user", ("object_repr", "change_message", "action_time")),
)


def about(commenter: Commenter) -> list[tuple[Part, list[dict[str, Any]]]]:
    """Each part that has rows, with them."""
    told = [(part, part.rows(commenter)) for part in OF_COMMENTER]
    if commenter.user:
        told += [(part, part.rows(commenter.user)) for part in OF_USER]
    return [(part, rows) for part, rows in told if rows]


def as_dict(commenter: Commenter) -> dict[str, list[dict[str, Any]]]:
    """By model; two parts may tell of one, as of notes about somebody and by them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part, rows in about(commenter):
        found.setdefault(part.model._meta.label_lower, []).extend(rows)
    return found


def as_file(request: HttpRequest, commenter: Commenter, kind: str, name: str) -> HttpResponse:
    """Return a download of all of it: `json` for machines, `html` for reading."""
    if kind == "json":
        body = DjangoJSONEncoder(ensure_ascii=False, indent=2).encode(as_dict(commenter))
        response = HttpResponse(body, content_type="application/json; charset=utf-8")
    else:
        words = {"parts": about(commenter), "commenter": commenter, "now": timezone.now(), "request": request}
        response = HttpResponse(render_to_string("transfer/person.html", words))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
