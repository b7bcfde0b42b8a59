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
from accounts.profiles import names
from blog import markup
from blog.models import Essay, Site
from comments.models import Block, Rule, Rules, Status, Wording
from comments.models.block import parse_network
from comments.models.comment import UNSCORED
from comments.screening import blocks, rules_engine
from comments.screening.history import AuthorHistory
from comments.screening.reasons import Reason
from comments.screening.rule_context import PriorActivity, RuleContext
from comments.screening.word_lists import first_in, fold_words, without_stars
from comments.spam import Judgment, round_down, training
from server.prepared import Prepared

MAX_FLAGGED = 20


@dataclass(frozen=True)
class Sender:
    """Where a comment came from, as far as the server knows, and how its form was filled in."""

    address: str = ""
    is_origin_verified: bool = True
    is_honeypot_filled: bool = False  # a field that readers do not see was filled in
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


@dataclass
class Draft:
    """All data that a check may use."""

    commenter: Commenter
    sender: Sender
    wording: Wording
    rules: Rules
    essay: Essay
    history: AuthorHistory = field(default_factory=AuthorHistory)
    reports: int = 0

    def prepare(self) -> None:
        """Do what takes time and needs no lock: clean the text, score it, and compare a new guest's name.

        The verdict itself depends on the history, and so is given under the thread's lock.
        """
        self.wording.html = self.wording.html or markup.clean_comment(self.wording.text)
        _ = self.judgement
        if not self.commenter.pk:
            _ = self.imitation

    @property
    def approved(self) -> datetime | None:
        """When the author's latest approved comment was posted."""
        return self.history.last_approved

    @property
    def has_approved(self) -> bool:
        """Whether the author has an approved comment."""
        return self.approved is not None

    @cached_property
    def judgement(self) -> Judgment | None:
        """The spam filter's score and its reasons, computed when first needed; None without a trained filter."""
        return training.judge(self.rules, self.wording.text, self.commenter) if self.rules.spam_stamp else None

    @cached_property
    def imitation(self) -> Reason | None:
        """The reason to hold the commenter's name, if it imitates another."""
        return find_imitation(self.commenter)

    @property
    def spam_score(self) -> float | None:
        """The spam filter's score from 0 to 1; None without a trained filter."""
        return None if self.judgement is None else self.judgement.score

    @property
    def stored_score(self) -> float:
        """The score as comments store it."""
        return UNSCORED if self.spam_score is None else self.spam_score

    @property
    def rule_context(self) -> RuleContext:
        """The draft as the owner's rules see it."""
        return RuleContext(
            self.wording,
            self.commenter,
            self.essay,
            network=parse_network(self.sender.address),
            past=PriorActivity(self.history.earlier_count, self.history.last_repeated),
            judge=lambda: self.spam_score,
            reports=self.reports,
        )

    @property
    def searchable_text(self) -> str:
        """The text and the author's details, folded for comparison with word lists."""
        texts = (self.wording.text, markup.plain_text(self.wording.html), self.commenter.name, self.commenter.email)
        return fold_words("\n".join((*texts, self.commenter.website)))


@dataclass(frozen=True)
class Verdict:
    status: Status
    reasons: list[Reason] = field(default_factory=list)
    rule: int | None = None  # primary key of the owner's rule that decided


class Rejected(Exception):
    """The site rejects this text; the argument is the message to its author."""


class Blocked(Rejected):
    """The author is blocked, whatever they write."""


def first_word_found(words: str, draft: Draft) -> str:
    """The first of the owner's words, one per line, that the draft contains, or an empty string."""
    return first_in(words, draft.searchable_text) if words else ""


def every_comment_held(draft: Draft) -> Reason | None:
    """Return a reason if the owner holds every comment."""
    return {"code": "everything"} if draft.rules.hold_everything else None


def unverified_origin(draft: Draft) -> Reason | None:
    """Return a reason if the browser did not show that the form was sent from this site."""
    return None if draft.sender.is_origin_verified else {"code": "origin"}


def honeypot_filled(draft: Draft) -> Reason | None:
    """Return a reason if the hidden field was filled in, as only a program does."""
    return {"code": "trap"} if draft.sender.is_honeypot_filled else None


def submitted_too_fast(draft: Draft) -> Reason | None:
    """Return a reason if a stranger sent it sooner than a person can write; without a script, that is unknown."""
    seconds = draft.sender.seconds
    if seconds is None or seconds >= draft.rules.hold_quick or draft.commenter.user_id or draft.has_approved:
        return None
    return {"code": "quick", "seconds": round(seconds, 1)}


def first_comment(draft: Draft) -> Reason | None:
    """Return a reason if the author, recognized by cookie or login and never by name, has no approved comment."""
    return {"code": "first"} if draft.rules.hold_first_comment and not draft.has_approved else None


def many_links(draft: Draft) -> Reason | None:
    """Return a reason if it has as many links as the owner holds, or more."""
    home = f"{settings.SITE_URL}/"  # links to this site do not count
    links = len([link for link in markup.link_targets(draft.wording.html) if not link.startswith(home)])
    limit = draft.rules.hold_links
    return {"code": "links", "count": links} if limit and links >= limit else None


def held_words(draft: Draft) -> Reason | None:
    """Return a reason if it contains one of the words that the owner holds."""
    word = first_word_found(draft.rules.hold_words, draft)
    return {"code": "word", "word": word} if word else None


def looks_like_spam(draft: Draft) -> Reason | None:
    """Return a reason, with the words that weighed most, if the filter's score reaches the threshold."""
    rules, found = draft.rules, draft.judgement
    if found is None or (known := training.current_filter(rules)) is None:
        return None
    bounds = [bound / 100 for bound in (rules.spam_hold_at, rules.spam_mark_at) if bound]
    if found.score < min([*bounds, *([] if rules.spam_hold_at else [known.threshold])]):
        return None
    return {"code": "spam", "score": round_down(found.score), "words": found.words, "signs": found.signs}


def impersonates(draft: Draft) -> Reason | None:
    """Return a reason if the author's name imitates an author, a moderator, an office such as “admin”, or the site.

    Authors and moderators themselves are exempt. Everyone else's name is checked, however they logged in, because a
    provider reports the name it was given. A name with an approved comment was checked then: a guest's name is final,
    others are checked again after a change.
    """
    if draft.approved and (not draft.commenter.user_id or draft.approved > draft.commenter.changed):
        return None
    reason = draft.imitation
    return None if reason is None or previously_approved_with_same_flag(draft, reason) else reason


def find_imitation(commenter: Commenter) -> Reason | None:
    """Return the reason to hold a commenter's name, if it imitates another."""
    known = [names.ProtectedName(*row) for row in PROTECTED_NAMES.fetch()]
    people = [one for one in known if one.pk]
    if any(one.pk == commenter.user_id for one in people):
        return None
    name = commenter.name
    if whose := names.find_imitated(name, people):
        return {"code": "name", "name": whose.name or whose.username, "writes": whose.is_author, "as": name}
    if names.is_official_title(name):
        return {"code": "office", "as": name}
    if names.imitates(name, next((one.name for one in known if not one.pk), Site().name)):
        return {"code": "site", "as": name}
    return None


def site_name() -> Any:
    """Query the site's name with the columns of names.protected_names(), to be joined by UNION."""
    no_user = {"no_key": Value(0), "no_username": Value(""), "no_author": Value(False, BooleanField())}
    return Site.objects.annotate(**no_user).values_list("no_key", F("name"), "no_username", "no_author")


PROTECTED_NAMES = Prepared(lambda: names.protected_names().union(site_name()))


def previously_approved_with_same_flag(draft: Draft, reason: Reason) -> bool:
    """Whether a moderator approved a comment with the same name although it was held for the same reason."""
    if not draft.has_approved:
        return False
    approved = Wording.objects.filter(comment__commenter=draft.commenter.pk, comment__status=Status.APPROVED)
    doubted = approved.exclude(reasons=[]).order_by("-pk").values_list("reasons", flat=True)[:MAX_FLAGGED]
    same = [{name: doubt.get(name) for name in ("code", "name", "as")} for doubts in doubted for doubt in doubts]
    return {name: reason.get(name) for name in ("code", "name", "as")} in same


def mixed_name(draft: Draft) -> Reason | None:
    """Return a reason if the name mixes scripts within a word, a way to imitate another name."""
    return {"code": "mixed"} if not draft.has_approved and names.mixes_scripts(draft.commenter.name) else None


CHECKS: tuple[Callable[[Draft], Reason | None], ...] = (
    every_comment_held,
    unverified_origin,
    honeypot_filled,
    submitted_too_fast,
    first_comment,
    many_links,
    held_words,
    looks_like_spam,
    impersonates,
    mixed_name,
)


def screen(draft: Draft, *, is_trusted: bool = False) -> Verdict:
    """Decide about a draft: blocks first, then the owner's rules, then the site's settings.

    The essay's authors and moderators (`is_trusted`) are published immediately. Raises Rejected if the text is empty or
    the rules reject it, and Blocked if its author is blocked.
    """
    if not markup.plain_text(draft.wording.html):
        raise Rejected(_("Your comment is empty. Please write something first."))
    kind = block_kind(draft, is_trusted=is_trusted)
    if kind == Block.Kind.TRUST:
        return Verdict(Status.APPROVED)
    if kind == Block.Kind.HOLD:
        return Verdict(Status.PENDING, [{"code": "kept"}, *hold_reasons(draft)])
    if decided := apply_rules(draft):
        return decided
    if word := first_word_found(draft.rules.refuse_words, draft):
        text = _("This site doesn’t publish comments containing “%(word)s”. Please rephrase your comment.")
        raise Rejected(text % {"word": without_stars(word)})
    reasons = hold_reasons(draft)
    if any(is_spam_outright(reason, draft.rules) for reason in reasons):
        return Verdict(Status.SPAM, reasons)
    return Verdict(Status.PENDING if reasons else Status.APPROVED, reasons)


def block_kind(draft: Draft, *, is_trusted: bool) -> str:
    """Return the kind of Block that applies to this author, or an empty string. Raises Blocked."""
    kind, _space, key = (draft.history.block or "").partition(" ")
    if is_trusted and draft.sender.is_origin_verified:
        return Block.Kind.TRUST
    if kind == Block.Kind.BLOCK:
        raise Blocked(blocks.message_for(Block.objects.get(pk=key)))
    return "" if kind == Block.Kind.TRUST and not draft.sender.is_origin_verified else kind


def expected_hold(draft: Draft, *, is_trusted: bool = False) -> Reason | None:
    """Return why a comment will be held, if that is certain before it is written. Raises Blocked."""
    kind = block_kind(draft, is_trusted=is_trusted)
    if kind == Block.Kind.HOLD:
        return {"code": "kept"}
    return None if kind == Block.Kind.TRUST else every_comment_held(draft) or first_comment(draft)


def hold_reasons(draft: Draft) -> list[Reason]:
    """Return the reasons of all checks that would hold the draft."""
    return [reason for check in CHECKS if (reason := check(draft))]


def apply_rules(draft: Draft) -> Verdict | None:
    """The verdict of the first of the owner's rules that matches. Raises Rejected with its sentence."""
    if not draft.rules.rule_stamp:  # no rules are active
        return None
    known, case = rules_engine.active_rules(draft.rules), draft.rule_context
    rule = rules_engine.first_match(known, case) if known else None
    if rule is None:
        return None
    if rule.action == Rule.Action.REFUSE:
        raise Rejected(rule.sentence)
    if rule.action == Rule.Action.HOLD:
        return Verdict(Status.PENDING, [rule.reason(case), *hold_reasons(draft)], rule.pk)
    if rule.action == Rule.Action.PUBLISH and (doubt := unverified_origin(draft)):
        return Verdict(Status.PENDING, [doubt])
    return Verdict(rules_engine.STATUS_AFTER[Rule.Action(rule.action)], [rule.reason(case)], rule.pk)


def is_spam_outright(reason: Reason, rules: Rules) -> bool:
    """Whether the score reaches the owner's threshold for marking as spam, if one is set."""
    return reason["code"] == "spam" and bool(rules.spam_mark_at) and reason["score"] >= rules.spam_mark_at / 100
