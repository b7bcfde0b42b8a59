"""The search of the log: by moderator, action, rule, essay, commenter, text and date."""

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Self

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date

from comments.models import Decision, DecisionQuerySet
from moderation.decisions.rights import Rights
from moderation.paged_search import PagedSearch

MAX_LENGTH = 200
SEARCHED = 5_000  # newest decisions that a page of results searches for texts; the CSV file has all that match
HAND, RULE = "hand", "rule"


@dataclass(frozen=True)
class LogSearch(PagedSearch):
    """The search and page in the address of the log."""

    url_name = "queue-log"
    who: str = ""
    verb: str = ""
    by: str = ""  # `hand`, `rule`, or the key of a rule
    essay: str = ""  # part of its title, or its key
    person: str = ""  # part of a name or email address, or their key
    words: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read the search from an address; invalid values count as missing."""
        values = {each.name: query.get(each.name, "").replace("\0", "").strip()[:MAX_LENGTH] for each in fields(cls)}
        page = parse_number(values.pop("page"))
        known = {
            "who": parse_number(values["who"]) > 0,
            "verb": values["verb"] in Decision.Verb.values,
            "by": values["by"] in {HAND, RULE} or parse_number(values["by"]) > 0,
            "since": parse_day(values["since"]) is not None,
            "until": parse_day(values["until"]) is not None,
        }
        return cls(**{name: value for name, value in values.items() if known.get(name, True)}, page=max(1, page))

    def csv_url(self) -> str:
        return self.url(url_name="queue-log-file")

    @property
    def reads_each(self) -> bool:
        """Whether no index finds what is searched, so that each decision has to be read."""
        return bool(self.words) or any(text and not parse_number(text) for text in (self.essay, self.person))

    def decisions(self, rights: Rights, *, limit: int | None = None) -> DecisionQuerySet:
        """Return the matching decisions that these rights let a moderator see, the newest first.

        `limit`: how many of the newest are read, if each has to be read.
        """
        found = self.indexed_decisions(rights)
        if limit and self.reads_each:
            found = Decision.objects.filter(pk__in=found.values("pk")[:limit]).order_by("-pk")
        return found.filter(self.match_subject(), self.match_text())

    def indexed_decisions(self, rights: Rights) -> DecisionQuerySet:
        """Return the decisions that match whatever an index finds, the newest first."""
        found = Decision.objects.order_by("-pk").filter(self.match_decider(), self.match_dates())
        return found if rights.is_site_wide else found.filter(essay__in=rights.own_essays)

    def match_decider(self) -> Q:
        """Match the decisions by the searched moderator or rule, and with the searched action."""
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

    def match_subject(self) -> Q:
        """Match the decisions about the searched essay and commenter, by key or by a part of title, name or email."""
        found = Q()
        if self.essay:
            pk = parse_number(self.essay)
            found &= Q(essay=pk) if pk else Q(essay__title__icontains=self.essay)
        if self.person:
            pk, who = parse_number(self.person), "comment__commenter"
            named = Q(**{f"{who}__name__icontains": self.person}) | Q(**{f"{who}__email__icontains": self.person})
            found &= Q(**{who: pk}) | Q(commenter_key=pk) if pk else named
        return found

    def match_dates(self) -> Q:
        """Match the decisions from the day `since` to the day `until`, both included."""
        since, until = parse_day(self.since), parse_day(self.until)
        found = Q(created__gte=midnight(since)) if since else Q()
        return found & Q(created__lt=midnight(until + timedelta(days=1))) if until else found

    def match_text(self) -> Q:
        """Match the decisions with the searched words in the note, message, reason or comment."""
        searched = ("note", "message", "reason__name", "comment__wording__text")
        found = Q()
        for name in searched if self.words else ():
            found |= Q(**{f"{name}__icontains": self.words})
        return found


def parse_number(text: str) -> int:
    """Return the number in a text, 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def parse_day(text: str) -> date | None:
    """Parse a date such as 2026-11-24; None for anything else and for years outside 1901 to 2999."""
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 1900 < found.year < 3000 else None


def midnight(day: date) -> datetime:
    """Return the start of a day in the current time zone."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
