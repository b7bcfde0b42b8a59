"""The record of decisions: what of it somebody asks for, and each decision in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from textwrap import shorten
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Left
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts.models import User
from comments.models import Rule, Status
from moderation.models import Decision, DecisionQuerySet
from moderation.rights import Rights
from moderation.row import first_words

A_PAGE = 50
UNDONE_WITHIN = timedelta(days=30)
FIRST = 600  # characters of HTML, of which a line of words is shown
LONGEST = 200
HAND, RULE = "hand", "rule"


@dataclass(frozen=True)
class Search:
    """What of the record is asked for: all of it stands in the address."""

    who: str = ""
    verb: str = ""
    by: str = ""  # `hand`, `rule`, or the number of a rule
    essay: str = ""  # words of its title, or its number
    person: str = ""  # of a name or address, or their number
    words: str = ""
    since: str = ""
    until: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """What makes no sense counts as not said."""
        said = {each.name: query.get(each.name, "").replace("\0", "").strip()[:LONGEST] for each in fields(cls)}
        page = number(said.pop("page"))
        known = {
            "who": number(said["who"]) > 0,
            "verb": said["verb"] in Decision.Verb.values,
            "by": said["by"] in {HAND, RULE} or number(said["by"]) > 0,
            "since": day_of(said["since"]) is not None,
            "until": day_of(said["until"]) is not None,
        }
        return cls(**{name: value for name, value in said.items() if known.get(name, True)}, page=max(1, page))

    def query(self) -> str:
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return urlencode({name: value for name, value in said.items() if value and (name, value) != ("page", 1)})

    def url(self, page: int = 1) -> str:
        return address("queue-log", replace(self, page=page).query())

    def csv_url(self) -> str:
        return address("queue-log-file", replace(self, page=1).query())

    @property
    def is_narrow(self) -> bool:
        return bool(replace(self, page=1).query())

    def decisions(self, rights: Rights) -> DecisionQuerySet:
        """The newest first, those alone that are theirs to see."""
        found = Decision.objects.order_by("-pk")
        if not rights.is_everywhere:
            found = found.filter(essay__in=rights.own_essays())
        return found.filter(self.by_whom(), self.about(), self.during(), self.wording())

    def by_whom(self) -> Q:
        found = Q(moderator=self.who) if self.who else Q()
        if self.verb:
            found &= Q(verb=self.verb)
        match self.by:
            case "":
                return found
            case "hand":
                return found & Q(rule=None) & ~Q(verb=Decision.Verb.RULE)
            case "rule":
                return found & (Q(rule__isnull=False) | Q(verb=Decision.Verb.RULE))
        return found & Q(rule=self.by)

    def about(self) -> Q:
        found = Q()
        if self.essay:
            pk = number(self.essay)
            found &= Q(essay=pk) if pk else Q(essay__title__icontains=self.essay)
        if self.person:
            pk, who = number(self.person), "comment__commenter"
            named = Q(**{f"{who}__name__icontains": self.person}) | Q(**{f"{who}__email__icontains": self.person})
            found &= Q(**{who: pk}) if pk else named
        return found

    def during(self) -> Q:
        since, until = day_of(self.since), day_of(self.until)
        found = Q(created__gte=midnight(since)) if since else Q()
        return found & Q(created__lt=midnight(until + timedelta(days=1))) if until else found

    def wording(self) -> Q:
        """In what was said between moderators, what its writer was told, or the comment itself."""
        places = ("why", "told", "reason__name", "comment__wording__text")
        found = Q()
        for place in places if self.words else ():
            found |= Q(**{f"{place}__icontains": self.words})
        return found


def number(text: str) -> int:
    """0: it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def address(name: str, query: str) -> str:
    return f"{reverse(name)}?{query}" if query else reverse(name)


def day_of(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 1900 < found.year < 3000 else None


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def entries(decisions: DecisionQuerySet) -> DecisionQuerySet:
    """With all that is said of each, in one question."""
    return told(decisions.annotate(said=Left("comment__wording__html", FIRST)))


def told(decisions: DecisionQuerySet) -> DecisionQuerySet:
    return decisions.select_related("moderator", "rule", "reason", "essay", "comment__commenter", "undoes").defer(
        "essay__body"
    )


@dataclass(frozen=True)
class Entry:
    """One decision, as the record tells it."""

    decision: Decision
    can_undo: bool = False

    @property
    def by_rule(self) -> bool:
        return bool(self.decision.rule_id) or self.decision.verb == Decision.Verb.RULE

    @property
    def who(self) -> str:
        decision = self.decision
        if decision.rule:
            return _("the rule “%(name)s”") % {"name": decision.rule}
        if self.by_rule:
            return _("a rule that is gone")
        return str(decision.moderator) if decision.moderator else _("somebody who is gone")

    @property
    def what(self) -> str:
        """The verb; of an undo also what it took back."""
        if self.decision.undoes:
            return _("undone: %(verb)s") % {"verb": self.decision.undoes.get_verb_display()}
        return self.decision.get_verb_display()

    @property
    def change(self) -> str:
        before, after = (as_label(status) for status in (self.decision.before, self.decision.after))
        return f"{before} → {after}" if before and before != after else after

    @property
    def name(self) -> str:
        return self.decision.comment.commenter.name if self.decision.comment else ""

    @property
    def words(self) -> str:
        return first_words(getattr(self.decision, "said", "") or "")

    @property
    def told(self) -> str:
        """What its writer was told: the reason's name, and the sentence."""
        reason = str(self.decision.reason) if self.decision.reason else ""
        return ": ".join(filter(None, (reason, self.decision.sentence)))


def as_label(status: str) -> str:
    return str(Status(status).label) if status in Status.values else status


class Log:
    """A page of the record, in a handful of questions however long it is."""

    def __init__(self, search: Search, rights: Rights) -> None:
        self.rights = rights
        self.found = search.decisions(rights)
        self.total = self.found.count()
        self.pages = max(1, -(-self.total // A_PAGE))
        self.search = replace(search, page=min(search.page, self.pages))

    @cached_property
    def entries(self) -> list[Entry]:
        start = (self.search.page - 1) * A_PAGE
        shown = list(entries(self.found)[start : start + A_PAGE])
        newest = set(
            Decision.objects.latest_of({decision.number for decision in shown if decision.comment_id}).values_list(
                "pk", flat=True
            )
        )
        return [Entry(decision, decision.pk in newest and may_be_undone(decision)) for decision in shown]

    @property
    def previous_url(self) -> str:
        return self.search.url(self.search.page - 1) if self.search.page > 1 else ""

    @property
    def next_url(self) -> str:
        return self.search.url(self.search.page + 1) if self.search.page < self.pages else ""

    @property
    def moderators(self) -> list[tuple[str, str]]:
        """Everybody who ever decided anything."""
        decided = Decision.objects.filter(moderator=OuterRef("pk"))
        found = User.objects.filter(Exists(decided)).order_by("name", "username")
        return [(str(user.pk), str(user)) for user in found]

    @property
    def verbs(self) -> list[tuple[Any, Any]]:
        return list(Decision.Verb.choices)

    @property
    def ways(self) -> list[tuple[str, str]]:
        """By hand, by a rule, by which rule."""
        rules = [(str(rule.pk), _("the rule “%(name)s”") % {"name": rule}) for rule in Rule.objects.all()]
        return [(HAND, _("by hand")), (RULE, _("by a rule")), *rules]


def may_be_undone(decision: Decision) -> bool:
    """Of the newest about a comment that stands as it left it."""
    comment = decision.comment
    return (
        comment is not None
        and comment.status == decision.after
        and decision.before in Status.values
        and decision.verb != Decision.Verb.DELETE
        and timezone.now() - decision.created < UNDONE_WITHIN
    )


# As a file

UNSAFE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # wide ones are read alike


def defused(cell: str) -> str:
    """What a spreadsheet would run as a formula is words to it."""
    return f"'{cell}" if cell.startswith(UNSAFE) else cell


def in_lines(decisions: DecisionQuerySet) -> DecisionQuerySet:
    """As entries(), with the beginning of what was typed instead of what is shown: of many that costs too much."""
    return told(decisions.annotate(said=Left("comment__wording__text", LONGEST)))


def head() -> list[str]:
    return [
        _("decision"), _("when"), _("who"), _("what"), _("comment"), _("by"), _("first words"), _("essay"),
        _("before"), _("after"), _("why"), _("told to its writer"),
    ]  # fmt: skip


def typed(decision: Decision) -> str:
    return shorten(getattr(decision, "said", "") or "", 60, placeholder="…")


def lines(decisions: Iterable[Decision]) -> Iterator[list[str]]:
    for decision in decisions:
        entry = Entry(decision)
        cells = [
            str(decision.pk), decision.created.isoformat(timespec="seconds"), entry.who, entry.what,
            str(decision.number), entry.name, typed(decision), str(decision.essay or ""), as_label(decision.before),
            as_label(decision.after), decision.why, entry.told,
        ]  # fmt: skip
        yield [defused(cell) for cell in cells]
