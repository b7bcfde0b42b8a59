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
        _("Who you are"),
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
        _("Your words, each time you changed them"),
        "comment__commenter",
        ("comment_id", "text", "created", "network", "reasons"),
    ),
    Part(Like, _("What you like"), "commenter", ("essay__title", "comment_id", "network", "created")),
    Followed(
        Subscription,
        _("What you follow by mail"),
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
    Mails(Notice, _("Mails to you"), "", ("kind", "email", "comment_id", "essay__title", "state", "created")),
    Part(Bar, _("Whether your likes are taken"), "commenter", ("created",)),
    Part(Block, _("How your comments are treated"), "commenter", ("kind", "until", "sentence", "created")),
    Part(Report, _("What you reported"), "commenter", ("comment_id", "kind", "words", "network", "state", "created")),
    Part(
        Appeal,
        _("What you appealed against"),
        "comment__commenter",
        ("comment_id", "words", "state", "answer", "created"),
    ),
    Part(Note, _("What moderators noted about you"), "commenter", ("text", "created")),
)
OF_USER = (
    Part(
        User,
        _("Your log-in"),
        "pk",
        ("username", "name", "email", "date_joined", "last_login", "is_staff", "groups__name"),
    ),
    Part(EmailAddress, _("Email addresses"), "user", ("email", "verified", "primary")),
    Part(
        SocialAccount,
        _("Accounts elsewhere, with what they told us"),
        "user",
        ("provider", "uid", "extra_data", "date_joined", "last_login"),
    ),
    Part(Authenticator, _("Passkeys and second factors"), "user", ("type", "created_at", "last_used_at")),
    Part(UserSession, _("Where you are logged in"), "user", ("user_agent", "ip", "created_at", "last_seen_at")),
    Part(Authorship, _("Your essays"), "author", ("essay__title", "position")),
    Part(
        Revision,
        _("What you wrote, each time you saved it"),
        "author",
        ("essay__title", "kind", "title", "deck", "body", "excerpt", "slug", "tags", "note", "created"),
    ),
    Part(Draft, _("What you wrote and have not saved yet"), "author", ("essay__title", "fields", "changed")),
    Part(PreviewLink, _("Your links for friends"), "by", ("essay__title", "created", "expires")),
    Part(Profile, _("What your page says of you"), "user", ("about", "links", "time_zone")),
    Part(Image, _("Images you uploaded"), "by", ("file", "alt", "created")),
    Invitations(
        Invitation,
        _("Open invitations, from you and to you"),
        "by",
        ("by__name", "name", "email", "role", "sent", "mailed"),
    ),
    Part(
        Decision,
        _("Your decisions about comments"),
        "moderator",
        ("number", "verb", "why", "before", "after", "created"),
    ),
    Part(Batch, _("Your decisions at one stroke"), "moderator", ("verb", "why", "total", "done", "created")),
    Part(Block, _("Whom you block or trust"), "moderator", ("kind", "why", "until", "created")),
    Part(Note, _("What you noted about others"), "moderator", ("commenter__name", "text", "created")),
    Part(Appeal, _("Appeals you answered"), "answered_by", ("comment_id", "state", "answer", "answered")),
    Part(LogEntry, _("What you changed in the admin"), "user", ("object_repr", "change_message", "action_time")),
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
