"""The search of the log: by moderator, action, rule, essay, commenter, text and date."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from comments.models import Decision, DecisionQuerySet
from moderation.decisions.rights import Rights

MAX_LENGTH = 200
HAND, RULE = "hand", "rule"


@dataclass(frozen=True)
class LogSearch:
    """The search and page in the address of the log."""

    who: str = ""
    verb: str = ""
    by: str = ""  # `hand`, `rule`, or the key of a rule
    essay: str = ""  # part of its title, or its key
    person: str = ""  # part of a name or email address, or their key
    words: str = ""
    since: str = ""
    until: str = ""
    page: int = 1

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

    def query(self) -> str:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return urlencode({name: value for name, value in values.items() if value and (name, value) != ("page", 1)})

    def url(self, page: int = 1) -> str:
        return url_with_query("queue-log", replace(self, page=page).query())

    def csv_url(self) -> str:
        return url_with_query("queue-log-file", replace(self, page=1).query())

    @property
    def has_criteria(self) -> bool:
        return bool(replace(self, page=1).query())

    def decisions(self, rights: Rights) -> DecisionQuerySet:
        """Return the matching decisions that these rights let a moderator see, the newest first."""
        found = Decision.objects.order_by("-pk")
        if not rights.is_site_wide:
            found = found.filter(essay__in=rights.own_essays())
        return found.filter(self.match_decider(), self.match_subject(), self.match_dates(), self.match_text())

    def match_decider(self) -> Q:
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
        since, until = parse_day(self.since), parse_day(self.until)
        found = Q(created__gte=midnight(since)) if since else Q()
        return found & Q(created__lt=midnight(until + timedelta(days=1))) if until else found

    def match_text(self) -> Q:
        """Search the notes, messages, reasons and comments."""
        searched = ("note", "message", "reason__name", "comment__wording__text")
        found = Q()
        for name in searched if self.words else ():
            found |= Q(**{f"{name}__icontains": self.words})
        return found


def parse_number(text: str) -> int:
    """Return the number in a text, 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def url_with_query(name: str, query: str) -> str:
    return f"{reverse(name)}?{query}" if query else reverse(name)


def parse_day(text: str) -> date | None:
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 1900 < found.year < 3000 else None


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
