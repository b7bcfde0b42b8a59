"""A draft and its sender → a verdict: the status it gets, and why in words. Small checks, each can explain itself."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, F, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import imitation
from accounts.imitation import Known
from accounts.models import Commenter
from accounts.names import imitates, is_mixed
from blog import markup
from blog.models import Site
from comments import teaching
from comments.models import Rules, Status, Wording
from comments.spam import Judgement, Said, in_hundredths

Reason = dict[str, Any]

LOOKED_BACK = 20


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
    approved: datetime | None  # when the newest of theirs was said that is approved

    @property
    def has_approved(self) -> bool:
        return self.approved is not None

    @cached_property
    def judgement(self) -> Judgement | None:
        """What the spam filter thinks of it; None while it knows too little, or is off."""
        known = teaching.known(self.rules) if self.rules.spam_filter else None
        who = self.commenter
        return None if known is None else known.judge(Said(self.wording.text, who.name, who.email, who.website))

    @property
    def likeness(self) -> float | None:
        return None if self.judgement is None else self.judgement.score

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
    home = f"{settings.SITE_URL}/"  # as under what is quoted from here
    links = len([link for link in markup.links(draft.wording.html) if not link.startswith(home)])
    limit = draft.rules.hold_links
    return {"code": "links", "count": links} if limit and links >= limit else None


def held_words(draft: Draft) -> Reason | None:
    word = found(draft.rules.hold_words, draft)
    return {"code": "word", "word": word} if word else None


def looks_like_spam(draft: Draft) -> Reason | None:
    """By what the filter has learnt; with the words and signs that weighed most, for moderators."""
    rules, found = draft.rules, draft.judgement
    known = teaching.known(rules)
    if known is None or found is None:
        return None
    bounds = [bound / 100 for bound in (rules.spam_hold_at, rules.spam_mark_at) if bound]
    if found.score < min([*bounds, *([] if rules.spam_hold_at else [known.threshold])]):
        return None
    return {"code": "spam", "score": in_hundredths(found.score), "words": found.words, "signs": found.signs}


def borrowed_name(draft: Draft) -> Reason | None:
    """Under the name of somebody who writes or keeps order here, of an office, or of the site.

    Those who do are taken at their word. Everybody else's name is looked at, however they came: what a provider says
    somebody is called is what they told it. A name under which something was approved was looked at then: a guest has
    one for good, others as long as nothing about them has changed.
    """
    if draft.approved and (not draft.commenter.user_id or draft.approved > draft.commenter.changed):
        return None
    known = [Known(*row) for row in imitation.people().union(site_name())]
    people = [one for one in known if one.pk]
    if any(one.pk == draft.commenter.user_id for one in people):
        return None
    name = draft.commenter.name
    reason: Reason | None = None
    if whose := imitation.imitated(name, people):
        reason = {"code": "name", "name": whose.name or whose.username, "writes": whose.writes, "as": name}
    elif imitation.is_office(name):
        reason = {"code": "office", "as": name}
    elif imitates(name, next((one.name for one in known if not one.pk), Site().name)):
        reason = {"code": "site", "as": name}
    return None if reason is None or was_let_pass(draft, reason) else reason


def site_name() -> Any:
    """The site's name as one more row beside those of people."""
    nobody = {"nobody": Value(0), "handle": Value(""), "writes": Value(False, BooleanField())}
    return Site.objects.annotate(**nobody).values_list("nobody", F("name"), "handle", "writes")


def was_let_pass(draft: Draft, reason: Reason) -> bool:
    """Whether a moderator has read this very name before, with the same doubt, and approved what stood under it."""
    if not draft.has_approved:
        return False
    approved = Wording.objects.filter(comment__commenter=draft.commenter.pk, comment__status=Status.APPROVED)
    doubted = approved.exclude(reasons=[]).order_by("-pk").values_list("reasons", flat=True)[:LOOKED_BACK]
    same = [{name: doubt.get(name) for name in ("code", "name", "as")} for doubts in doubted for doubt in doubts]
    return {name: reason.get(name) for name in ("code", "name", "as")} in same


def mixed_name(draft: Draft) -> Reason | None:
    """Letters of several scripts in one word are how a name is made to look like another's."""
    return {"code": "mixed"} if not draft.has_approved and is_mixed(draft.commenter.name) else None


CHECKS: tuple[Callable[[Draft], Reason | None], ...] = (
    hold_everything,
    unproved_origin,
    first_comment,
    many_links,
    held_words,
    looks_like_spam,
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
    if any(is_spam_outright(reason, draft.rules) for reason in reasons):
        return Verdict(Status.SPAM, reasons)
    return Verdict(Status.PENDING if reasons else Status.APPROVED, reasons)


def is_spam_outright(reason: Reason, rules: Rules) -> bool:
    """So like spam that the owner wants it under Spam at once; never unless they say from where on."""
    return reason["code"] == "spam" and bool(rules.spam_mark_at) and reason["score"] >= rules.spam_mark_at / 100


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
        case {"code": "site"}:
            return _("the name is that of this site")
        case {"code": "name", "name": name, "writes": False}:
            return _("the name imitates %(name)s, who keeps order here") % {"name": name}
        case {"code": "name", "name": name}:
            return _("the name imitates %(name)s, who writes here") % {"name": name}
        case {"code": "mixed"}:
            return _("the name mixes letters of several scripts")
        case {"code": "spam", "score": float(score), "words": words, "signs": signs}:
            why = [_("“%(word)s”") % {"word": word} for word in words] + [sign_in_words(sign) for sign in signs]
            likeness = _("looks like spam, %(score).2f") % {"score": score}
            return _("%(likeness)s: %(why)s") % {"likeness": likeness, "why": ", ".join(why)} if why else likeness
        case {"code": "imported"}:
            return _("was waiting where it was imported from")
    return str(reason.get("code", ""))


def sign_in_words(sign: str) -> str:
    """What beside its words speaks for spam."""
    return {
        "address": _("how the email address looks"),
        "asks": _("question marks"),
        "bare": _("a link to a front page"),
        "bbcode": _("links typed in square brackets"),
        "capitals": _("how many capitals"),
        "deep": _("a link to a page"),
        "digits": _("how many digits"),
        "exclaims": _("exclamation marks"),
        "headings": _("headings"),
        "html": _("links typed as HTML"),
        "length": _("how long it is"),
        "lines": _("how many lines"),
        "links": _("how many links"),
        "marks": _("how many marks"),
        "mixed": _("letters of several scripts in a word"),
        "repeats": _("the same words again and again"),
        "scripts": _("letters of another script"),
        "shortener": _("a link to a shortener"),
        "shouted": _("words in capitals"),
        "website": _("a website beside the name"),
    }.get(sign, sign)


def to_writer(reasons: list[Reason]) -> str:
    """Why it waits, as its own writer reads it. What the filters look for is not told."""
    codes = {reason.get("code") for reason in reasons}
    if codes == {"first"}:
        return _("It is your first here. A moderator reads it before it appears.")
    if "links" in codes:
        return _("It holds several links. A moderator reads it before it appears.")
    return _("A moderator reads it before it appears.")
