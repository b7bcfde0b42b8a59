"""Screening of new comments: small checks that decide a draft's status and record the reasons."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, F, Value
from django.utils.translation import gettext as _

from accounts.models import Commenter
from accounts.profiles import impersonation
from accounts.profiles.impersonation import Known
from accounts.profiles.names import imitates, is_mixed
from blog import markup
from blog.models import Essay, Site
from comments.models import Block, Rule, Rules, Status, Wording
from comments.models.block import network_of
from comments.screening import blocks, rules_engine
from comments.screening.history import History
from comments.screening.reasons import Reason
from comments.screening.rule_context import Case, Past
from comments.screening.word_lists import first_in, fold_words, without_stars
from comments.spam import Judgement, in_hundredths, training

LOOKED_BACK = 20


@dataclass(frozen=True)
class Sender:
    """Where a comment came from, as far as the server knows, and how its form was filled in."""

    address: str = ""
    origin_proved: bool = True
    is_trapped: bool = False  # a field that readers do not see was filled in
    seconds: float | None = None  # since the page was opened, as its script reports; None without script

    @property
    def network(self) -> str:
        """The network that is stored for 30 days: the /24 of an IPv4 address, the /48 of an IPv6 one."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return ""
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


@dataclass(frozen=True)
class Draft:
    """All data that a check may use."""

    commenter: Commenter
    sender: Sender
    wording: Wording
    rules: Rules
    essay: Essay
    history: History
    reports: int = 0

    @property
    def approved(self) -> datetime | None:
        """When the author's latest approved comment was posted."""
        return self.history.approved

    @property
    def has_approved(self) -> bool:
        return self.approved is not None

    @cached_property
    def judgement(self) -> Judgement | None:
        return training.judgement(self.rules, self.wording.text, self.commenter)

    @property
    def likeness(self) -> float | None:
        return None if self.judgement is None else self.judgement.score

    @property
    def case(self) -> Case:
        """The draft as the owner's rules see it."""
        return Case.of(
            self.wording,
            self.commenter,
            self.essay,
            network=network_of(self.sender.address),
            past=Past(self.history.earlier, self.history.repeated),
            judge=lambda: self.likeness,
            reports=self.reports,
        )

    @property
    def everything(self) -> str:
        texts = (self.wording.text, markup.plain(self.wording.html), self.commenter.name, self.commenter.email)
        return fold_words("\n".join((*texts, self.commenter.website)))


@dataclass(frozen=True)
class Verdict:
    status: Status
    reasons: list[Reason] = field(default_factory=list)
    rule: int | None = None  # primary key of the owner's rule that decided


class Refused(Exception):
    """The site rejects this text; the argument is the message to its author."""


class Blocked(Refused):
    """The author is blocked, whatever they write."""


def found(words: str, draft: Draft) -> str:
    """The first of the owner's words, one per line, that the draft contains, or an empty string."""
    return first_in(words, draft.everything) if words else ""


def hold_everything(draft: Draft) -> Reason | None:
    return {"code": "everything"} if draft.rules.hold_everything else None


def unproved_origin(draft: Draft) -> Reason | None:
    return None if draft.sender.origin_proved else {"code": "origin"}


def trapped(draft: Draft) -> Reason | None:
    """Only a program fills in the hidden field."""
    return {"code": "trap"} if draft.sender.is_trapped else None


def in_no_time(draft: Draft) -> Reason | None:
    """Submitted by a stranger sooner than a person could write; without the page's script, the time is unknown."""
    seconds = draft.sender.seconds
    if seconds is None or seconds >= draft.rules.hold_quick or draft.commenter.user_id or draft.has_approved:
        return None
    return {"code": "quick", "seconds": round(seconds, 1)}


def first_comment(draft: Draft) -> Reason | None:
    """People are recognized by cookie or login only, never by a typed name and email address."""
    return {"code": "first"} if draft.rules.hold_first_comment and not draft.has_approved else None


def many_links(draft: Draft) -> Reason | None:
    home = f"{settings.SITE_URL}/"  # links to this site do not count
    links = len([link for link in markup.links(draft.wording.html) if not link.startswith(home)])
    limit = draft.rules.hold_links
    return {"code": "links", "count": links} if limit and links >= limit else None


def held_words(draft: Draft) -> Reason | None:
    word = found(draft.rules.hold_words, draft)
    return {"code": "word", "word": word} if word else None


def looks_like_spam(draft: Draft) -> Reason | None:
    """The filter's score reaches the threshold; moderators see the words and signs that weighed most."""
    rules, found = draft.rules, draft.judgement
    known = training.known(rules)
    if known is None or found is None:
        return None
    bounds = [bound / 100 for bound in (rules.spam_hold_at, rules.spam_mark_at) if bound]
    if found.score < min([*bounds, *([] if rules.spam_hold_at else [known.threshold])]):
        return None
    return {"code": "spam", "score": in_hundredths(found.score), "words": found.words, "signs": found.signs}


def borrowed_name(draft: Draft) -> Reason | None:
    """The author's name imitates an author, a moderator, an office such as “admin”, or the site.

    Authors and moderators themselves are exempt. Everyone else's name is checked, however they logged in, because a
    provider reports the name it was given. A name with an approved comment was checked then: a guest's name is final,
    others are checked again after a change.
    """
    if draft.approved and (not draft.commenter.user_id or draft.approved > draft.commenter.changed):
        return None
    known = [Known(*row) for row in impersonation.people().union(site_name())]
    people = [one for one in known if one.pk]
    if any(one.pk == draft.commenter.user_id for one in people):
        return None
    name = draft.commenter.name
    reason: Reason | None = None
    if whose := impersonation.imitated(name, people):
        reason = {"code": "name", "name": whose.name or whose.username, "writes": whose.writes, "as": name}
    elif impersonation.is_office(name):
        reason = {"code": "office", "as": name}
    elif imitates(name, next((one.name for one in known if not one.pk), Site().name)):
        reason = {"code": "site", "as": name}
    return None if reason is None or was_let_pass(draft, reason) else reason


def site_name() -> Any:
    """The site's name as one more row for the union with people."""
    nobody = {"nobody": Value(0), "handle": Value(""), "writes": Value(False, BooleanField())}
    return Site.objects.annotate(**nobody).values_list("nobody", F("name"), "handle", "writes")


def was_let_pass(draft: Draft, reason: Reason) -> bool:
    """Whether a moderator approved a comment with the same name although it was held for the same reason."""
    if not draft.has_approved:
        return False
    approved = Wording.objects.filter(comment__commenter=draft.commenter.pk, comment__status=Status.APPROVED)
    doubted = approved.exclude(reasons=[]).order_by("-pk").values_list("reasons", flat=True)[:LOOKED_BACK]
    same = [{name: doubt.get(name) for name in ("code", "name", "as")} for doubts in doubted for doubt in doubts]
    return {name: reason.get(name) for name in ("code", "name", "as")} in same


def mixed_name(draft: Draft) -> Reason | None:
    """The name mixes scripts within a word, a way to imitate another name."""
    return {"code": "mixed"} if not draft.has_approved and is_mixed(draft.commenter.name) else None


CHECKS: tuple[Callable[[Draft], Reason | None], ...] = (
    hold_everything,
    unproved_origin,
    trapped,
    in_no_time,
    first_comment,
    many_links,
    held_words,
    looks_like_spam,
    borrowed_name,
    mixed_name,
)


def judge(draft: Draft, *, is_trusted: bool = False) -> Verdict:
    """Decide about a draft: blocks first, then the owner's rules, then the site's settings.

    The essay's authors and moderators (`is_trusted`) are published immediately. Raises Rejected if the text is empty or
    the rules reject it, and Blocked if its author is blocked.
    """
    if not markup.plain(draft.wording.html):
        raise Refused(_("Your comment is empty. Please write something first."))
    kind = treatment(draft, is_trusted=is_trusted)
    if kind == Block.Kind.TRUST:
        return Verdict(Status.APPROVED)
    if kind == Block.Kind.HOLD:
        return Verdict(Status.PENDING, [{"code": "kept"}, *doubts(draft)])
    if decided := by_own_rule(draft):
        return decided
    if word := found(draft.rules.refuse_words, draft):
        raise Refused(
            _("This site doesn’t publish comments with “%(word)s”. Please rephrase yours.")
            % {"word": without_stars(word)}
        )
    reasons = doubts(draft)
    if any(is_spam_outright(reason, draft.rules) for reason in reasons):
        return Verdict(Status.SPAM, reasons)
    return Verdict(Status.PENDING if reasons else Status.APPROVED, reasons)


def treatment(draft: Draft, *, is_trusted: bool) -> str:
    """Return the kind of Block that applies to this author, or an empty string. Raises Blocked."""
    kind, _space, key = (draft.history.block or "").partition(" ")
    if is_trusted and draft.sender.origin_proved:
        return Block.Kind.TRUST
    if kind == Block.Kind.BLOCK:
        raise Blocked(blocks.told(Block.objects.get(pk=key)))
    return "" if kind == Block.Kind.TRUST and not draft.sender.origin_proved else kind


def foreseen(draft: Draft, *, is_trusted: bool = False) -> Reason | None:
    """Return why a comment will be held, if that is certain before it is written. Raises Blocked."""
    kind = treatment(draft, is_trusted=is_trusted)
    if kind == Block.Kind.HOLD:
        return {"code": "kept"}
    return None if kind == Block.Kind.TRUST else hold_everything(draft) or first_comment(draft)


def doubts(draft: Draft) -> list[Reason]:
    return [reason for check in CHECKS if (reason := check(draft))]


def by_own_rule(draft: Draft) -> Verdict | None:
    """The verdict of the first of the owner's rules that matches. Raises Rejected with its sentence."""
    known, case = rules_engine.known(draft.rules), draft.case
    rule = rules_engine.first(known, case) if known else None
    if rule is None:
        return None
    if rule.action == Rule.Action.REFUSE:
        raise Refused(rule.sentence)
    if rule.action == Rule.Action.HOLD:
        return Verdict(Status.PENDING, [rule.reason(case), *doubts(draft)], rule.pk)
    if rule.action == Rule.Action.PUBLISH and (doubt := unproved_origin(draft)):
        return Verdict(Status.PENDING, [doubt])
    return Verdict(rules_engine.AFTER[Rule.Action(rule.action)], [rule.reason(case)], rule.pk)


def is_spam_outright(reason: Reason, rules: Rules) -> bool:
    """Whether the score reaches the owner's threshold for marking as spam, if one is set."""
    return reason["code"] == "spam" and bool(rules.spam_mark_at) and reason["score"] >= rules.spam_mark_at / 100
