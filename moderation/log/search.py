"""What of the record somebody asks for: who decided, what, how, about what, and when."""

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
            found &= Q(**{who: pk}) | Q(commenter_key=pk) if pk else named
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
