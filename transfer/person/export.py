"""Everything stored about a person, found by the relations that lead to them."""

import json
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
from comments.models import (
    Appeal,
    AuthorAnswer,
    Bar,
    Batch,
    Block,
    Comment,
    Decision,
    Like,
    Mute,
    Notice,
    Passage,
    ReplyInbox,
    Report,
    Subscription,
    Wording,
)
from comments.screening import reasons
from moderation.models import Note

# Names of fields whose models give them none.
LABELS = {
    "comment": _("comment"),
    "created_at": _("created"),
    "last_seen_at": _("last seen"),
    "picture_url": _("picture URL"),
    "user_agent": _("browser"),
}


@dataclass(frozen=True)
class Part:
    """The rows of one model that are exported; `owner` leads from it to the Commenter or the User."""

    model: type[Model]
    title: Any  # a str, translated when it is shown
    owner: str
    fields: str  # separated by spaces

    def rows(self, person: Model) -> list[dict[str, Any]]:
        """Return the exported fields of the person's rows, by name; `person` is a Commenter or a User."""
        found: QuerySet[Model] = self.model._default_manager.filter(self.filter_for(person)).order_by("pk")
        return list(found.values(*self.fields.split()))

    def filter_for(self, person: Model) -> Q:
        """Return the condition for a person's rows."""
        return Q(**{self.owner: person.pk})

    def label(self, field: str) -> str:
        """Return a field's name in words."""
        name = field.partition("__")[0].removesuffix("_id")
        label: Any = LABELS.get(name) or getattr(self.model._meta.get_field(name), "verbose_name", name)
        return capfirst(str(label))

    def in_words(self, field: str, value: Any) -> Any:
        """Return a field's value as a reader understands it: labels of choices, no codes and no Python objects."""
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if field == "reasons":
            return ", ".join(reasons.describe(reason) for reason in value)
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False, indent=2) if value else ""
        choices = {} if "__" in field else dict(getattr(self.model._meta.get_field(field), "flatchoices", ()))
        return choices.get(value, value)


class InvitationPart(Part):
    """Invitations that a person sent, and those to an email address that they verified."""

    def filter_for(self, person: Model) -> Q:
        """Return the condition for a person's rows, invitations to a verified address included."""
        verified = EmailAddress.objects.filter(user=person.pk, verified=True)
        return super().filter_for(person) | Q(email__in=verified.values("email"))


class SubscriptionPart(Part):
    """Subscriptions of a person, and those of an email address that they verified."""

    through = ("commenter", "address__email")

    def filter_for(self, person: Model) -> Q:
        """Return the condition for a person's rows, subscriptions of a verified address included."""
        commenter, email = self.through
        found = Q(**{commenter: person.pk})
        if isinstance(person, Commenter) and person.user_id:
            verified = EmailAddress.objects.filter(user=person.user_id, verified=True)
            found |= Q(**{f"{email}__in": [address.email.lower() for address in verified]})
        return found


class EmailPart(SubscriptionPart):
    """Emails for a person's subscriptions, and emails to them as author or moderator."""

    through = ("subscription__commenter", "email")

    def filter_for(self, person: Model) -> Q:
        """Return the condition for a person's rows, emails to their account included."""
        found = super().filter_for(person)
        return found | Q(recipient=person.user_id) if isinstance(person, Commenter) and person.user_id else found


# A test fails for a relation of Commenter or User that no part exports.
COMMENTER_PARTS = (
    Part(Commenter, _("Profile"), "pk", "name email website mark profile picture_url has_lost_picture created changed"),
    Part(
        Comment,
        _("Your comments"),
        "commenter",
        "id essay__title parent_id status removed_by likes created edited changed",
    ),
    Part(Wording, _("Versions of your comments"), "comment__commenter", "comment_id text created network reasons"),
    Part(Passage, _("Passages you quoted"), "comment__commenter", "comment_id essay__title quotation"),
    Part(
        AuthorAnswer,
        _("What authors answered to your comments"),
        "comment__commenter",
        "comment_id label is_picked is_strongest created",
    ),
    Part(Like, _("Your likes"), "commenter", "essay__title comment_id network created"),
    Part(Mute, _("People you muted"), "commenter", "muted__name created"),
    SubscriptionPart(
        Subscription,
        _("Email subscriptions"),
        "",
        "kind address__email essay__title comment_id often confirmed stopped created",
    ),
    EmailPart(Notice, _("Emails to you"), "", "kind email comment_id essay__title state created"),
    Part(ReplyInbox, _("Your visits to “Replies to you”"), "commenter", "token seen new_since"),
    Part(Bar, _("Blocked from liking"), "commenter", "created"),
    Part(Block, _("Trusted, held or blocked"), "commenter", "kind until sentence created"),
    Part(Report, _("Your reports"), "commenter", "comment_id kind text network state created"),
    Part(Appeal, _("Your appeals"), "comment__commenter", "comment_id text state answer created"),
    Part(Note, _("Moderators’ notes about you"), "commenter", "text created"),
)
USER_PARTS = (
    Part(User, _("Your account"), "pk", "username name email date_joined last_login is_staff groups__name"),
    Part(EmailAddress, _("Email addresses"), "user", "email verified primary"),
    Part(
        SocialAccount,
        _("Connected accounts and the data they sent us"),
        "user",
        "provider uid extra_data date_joined last_login",
    ),
    Part(Authenticator, _("Passkeys and two-factor authentication"), "user", "type created_at last_used_at"),
    Part(UserSession, _("Active sessions"), "user", "user_agent created_at last_seen_at"),
    Part(Authorship, _("Your essays"), "author", "essay__title position"),
    Part(
        Revision,
        _("Revisions of your essays"),
        "author",
        "essay__title kind title deck body excerpt slug tags note created",
    ),
    Part(Draft, _("Your unsaved drafts"), "author", "essay__title fields settings changed"),
    Part(PreviewLink, _("Your preview links"), "created_by", "essay__title created expires"),
    Part(Profile, _("Your author page"), "user", "about links fediverse time_zone"),
    Part(Image, _("Pictures you uploaded"), "uploaded_by", "file alt created"),
    InvitationPart(
        Invitation, _("Pending invitations, sent or received"), "by", "by__name name email role sent emailed"
    ),
    Part(Decision, _("Your moderation decisions"), "moderator", "comment_number verb note before after created"),
    Part(AuthorAnswer, _("Your answers to comments"), "by", "comment_id label is_picked is_strongest created"),
    Part(Batch, _("Your bulk decisions"), "moderator", "verb note total done created"),
    Part(Block, _("People you trust, hold or block"), "moderator", "kind note until created"),
    Part(Note, _("Your notes about others"), "moderator", "commenter__name text created"),
    Part(Appeal, _("Appeals you answered"), "answered_by", "comment_id state answer answered"),
    Part(LogEntry, _("Your changes in the admin"), "user", "object_repr change_message action_time"),
)


def collect(commenter: Commenter) -> list[tuple[Part, list[dict[str, Any]]]]:
    """Return everything stored about a person: each part that has rows, with the rows' fields by name."""
    parts = [(part, part.rows(commenter)) for part in COMMENTER_PARTS]
    if commenter.user:
        parts += [(part, part.rows(commenter.user)) for part in USER_PARTS]
    return [(part, rows) for part, rows in parts if rows]


def as_dict(commenter: Commenter) -> dict[str, list[dict[str, Any]]]:
    """Return a person's rows by model; two parts can have the same one, such as notes about and by them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part, rows in collect(commenter):
        found.setdefault(part.model._meta.label_lower, []).extend(rows)
    return found


def as_file(request: HttpRequest, commenter: Commenter, kind: str, name: str) -> HttpResponse:
    """Return a download of everything: `json` for programs, `html` for reading."""
    if kind == "json":
        body = DjangoJSONEncoder(ensure_ascii=False, indent=2).encode(as_dict(commenter))
        response = HttpResponse(body, content_type="application/json; charset=utf-8")
    else:
        parts = [
            (part.title, [[(part.label(name), part.in_words(name, row[name])) for name in row] for row in rows])
            for part, rows in collect(commenter)
        ]
        context = {"parts": parts, "commenter": commenter, "now": timezone.now(), "request": request}
        response = HttpResponse(render_to_string("transfer/person.html", context))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
