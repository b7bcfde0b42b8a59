"""A draft and its sender → a verdict: the status it gets, and why. Small checks; `why_held` puts them in words."""

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
    """Where a comment came from, as far as the server can know, and how the form was filled in."""

    address: str = ""
    origin_proved: bool = True
    is_trapped: bool = False  # a field was filled in that no reader sees
    seconds: float | None = None  # since the page was opened, by its script's own account; without script None

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
    essay: Essay
    history: History
    reports: int = 0

    @property
    def approved(self) -> datetime | None:
        """When the newest of theirs was said that is approved."""
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
        """As the owner's own rules see it."""
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
        said = (self.wording.text, markup.plain(self.wording.html), self.commenter.name, self.commenter.email)
        return fold_words("\n".join((*said, self.commenter.website)))


@dataclass(frozen=True)
class Verdict:
    status: Status
    reasons: list[Reason] = field(default_factory=list)
    rule: int | None = None  # of the owner's own, that decided it


class Refused(Exception):
    """The site's rules refuse these words; the argument says so to their writer."""


class Blocked(Refused):
    """Whoever writes is kept out, whatever they say."""


def found(words: str, draft: Draft) -> str:
    """The first of the owner's words, one a line, that stands in the draft; else nothing."""
    return first_in(words, draft.everything) if words else ""


def hold_everything(draft: Draft) -> Reason | None:
    return {"code": "everything"} if draft.rules.hold_everything else None


def unproved_origin(draft: Draft) -> Reason | None:
    return None if draft.sender.origin_proved else {"code": "origin"}


def trapped(draft: Draft) -> Reason | None:
    """What fills in every field it finds is a program."""
    return {"code": "trap"} if draft.sender.is_trapped else None


def in_no_time(draft: Draft) -> Reason | None:
    """A stranger's, where the page's script said how long it took: nobody is held for having none."""
    seconds = draft.sender.seconds
    if seconds is None or seconds >= draft.rules.hold_quick or draft.commenter.user_id or draft.has_approved:
        return None
    return {"code": "quick", "seconds": round(seconds, 1)}


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
    known = training.known(rules)
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
    """Decide about a draft. Authors of the essay and moderators are published at once.

    Then it counts whether its writer is trusted, held always or kept out; then the owner's own rules; then the site's.
    Raises Refused where the rules want it sent back, or nothing would be seen of it; Blocked where its writer is.
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
    """Return how comments of this writer are treated whatever they say: a kind of Block, or "". Raises Blocked."""
    kind, _space, key = (draft.history.block or "").partition(" ")
    if is_trusted and draft.sender.origin_proved:
        return Block.Kind.TRUST
    if kind == Block.Kind.BLOCK:
        raise Blocked(blocks.told(Block.objects.get(pk=key)))
    return "" if kind == Block.Kind.TRUST and not draft.sender.origin_proved else kind


def foreseen(draft: Draft, *, is_trusted: bool = False) -> Reason | None:
    """Return why a comment will be held, if that is certain before a word of it is written. Raises Blocked."""
    kind = treatment(draft, is_trusted=is_trusted)
    if kind == Block.Kind.HOLD:
        return {"code": "kept"}
    return None if kind == Block.Kind.TRUST else hold_everything(draft) or first_comment(draft)


def doubts(draft: Draft) -> list[Reason]:
    return [reason for check in CHECKS if (reason := check(draft))]


def by_own_rule(draft: Draft) -> Verdict | None:
    """What the first of the owner's own rules says that holds. Raises Refused with its sentence."""
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
    """So like spam that the owner wants it under Spam at once; never unless they say from where on."""
    return reason["code"] == "spam" and bool(rules.spam_mark_at) and reason["score"] >= rules.spam_mark_at / 100
