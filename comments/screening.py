"""A draft and its sender → a verdict: the status it gets, and why in words. Small checks, each can explain itself."""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Commenter, User
from accounts.names import fold, is_mixed
from blog import markup
from comments.models import Rules, Status, Wording

Reason = dict[str, Any]

OFFICES = ("admin", "administrator", "author", "moderator", "owner", "staff")


@dataclass(frozen=True)
class Sender:
    """Where a comment came from, as far as the server can know."""

    address: str = ""
    origin_proved: bool = True

    @property
    def network(self) -> str:
        """What is kept for 30 days: the /24 of an IPv4 address, the /48 of an IPv6 one."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return ""
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


@dataclass(frozen=True)
class Draft:
    """All that a check may look at."""

    commenter: Commenter
    sender: Sender
    wording: Wording
    rules: Rules
    has_approved: bool

    @property
    def everything(self) -> str:
        said = (self.wording.text, markup.plain(self.wording.html), self.commenter.name, self.commenter.email)
        return fold_words("\n".join((*said, self.commenter.website)))


@dataclass(frozen=True)
class Verdict:
    status: Status
    reasons: list[Reason] = field(default_factory=list)


class Refused(Exception):
    """The site's rules refuse these words; the argument says so to their writer."""


def fold_words(text: str) -> str:
    return " ".join(text.casefold().split())


def found(words: str, draft: Draft) -> str:
    """The first of the owner's words, one a line, that stands in the draft; else nothing."""
    everything = draft.everything
    return next((word for word in map(fold_words, words.splitlines()) if word and word in everything), "")


def hold_everything(draft: Draft) -> Reason | None:
    return {"code": "everything"} if draft.rules.hold_everything else None


def unproved_origin(draft: Draft) -> Reason | None:
    return None if draft.sender.origin_proved else {"code": "origin"}


def first_comment(draft: Draft) -> Reason | None:
    """Somebody is known by cookie or log-in alone; a typed name and address make nobody the same person again."""
    return {"code": "first"} if draft.rules.hold_first_comment and not draft.has_approved else None


def many_links(draft: Draft) -> Reason | None:
    links = len(markup.links(draft.wording.html))
    limit = draft.rules.hold_links
    return {"code": "links", "count": links} if limit and links >= limit else None


def held_words(draft: Draft) -> Reason | None:
    word = found(draft.rules.hold_words, draft)
    return {"code": "word", "word": word} if word else None


def borrowed_name(draft: Draft) -> Reason | None:
    """A guest under the name of somebody who writes or keeps order here."""
    if draft.commenter.user_id or draft.has_approved:
        return None
    name = fold(draft.commenter.name)
    if name in OFFICES:
        return {"code": "office", "name": draft.commenter.name}
    whose = next((staff for staff in staff_names() if fold(staff) == name), "")
    return {"code": "name", "name": whose} if whose else None


def mixed_name(draft: Draft) -> Reason | None:
    """Letters of several scripts in one word are how a name is made to look like another's."""
    if draft.commenter.user_id or draft.has_approved or not is_mixed(draft.commenter.name):
        return None
    return {"code": "mixed"}


def staff_names() -> Iterable[str]:
    """Everybody who writes or decides here, by the name that readers see and by the one they log in with."""
    people = User.objects.filter(Q(authorships__isnull=False) | Q(is_staff=True)).distinct()
    return {name for pair in people.values_list("name", "username") for name in pair if name}


CHECKS: tuple[Callable[[Draft], Reason | None], ...] = (
    hold_everything,
    unproved_origin,
    first_comment,
    many_links,
    held_words,
    borrowed_name,
    mixed_name,
)


def judge(draft: Draft, *, is_trusted: bool = False) -> Verdict:
    """Decide about a draft. Authors of the essay and moderators are published at once.

    Raises Refused where the rules want it sent back, or nothing would be seen of it.
    """
    if not markup.plain(draft.wording.html):
        raise Refused(_("Nothing of this would be seen. Please write something before you post it."))
    if is_trusted and draft.sender.origin_proved:
        return Verdict(Status.APPROVED)
    if word := found(draft.rules.refuse_words, draft):
        raise Refused(
            _("This site does not publish comments with “%(word)s”. Please say it in other words.") % {"word": word}
        )
    reasons = [reason for check in CHECKS if (reason := check(draft))]
    return Verdict(Status.PENDING if reasons else Status.APPROVED, reasons)


def in_words(reason: Reason) -> str:
    """A kept reason as a moderator reads it."""
    match reason:
        case {"code": "everything"}:
            return _("every comment is held")
        case {"code": "origin"}:
            return _("the browser did not say which page it was sent from")
        case {"code": "first"}:
            return _("first comment")
        case {"code": "links", "count": int(count)}:
            return ngettext("%(count)d link", "%(count)d links", count) % {"count": count}
        case {"code": "word", "word": word}:
            return _("the word “%(word)s”") % {"word": word}
        case {"code": "office"}:
            return _("the name is that of an office here")
        case {"code": "name", "name": name}:
            return _("name imitates %(name)s") % {"name": name}
        case {"code": "mixed"}:
            return _("the name mixes letters of several scripts")
        case {"code": "imported"}:
            return _("was waiting where it was imported from")
    return str(reason.get("code", ""))


def to_writer(reasons: list[Reason]) -> str:
    """Why it waits, as its own writer reads it. What the filters look for is not told."""
    codes = {reason.get("code") for reason in reasons}
    if codes == {"first"}:
        return _("It is your first here. A moderator reads it before it appears.")
    if "links" in codes:
        return _("It holds several links. A moderator reads it before it appears.")
    return _("A moderator reads it before it appears.")
