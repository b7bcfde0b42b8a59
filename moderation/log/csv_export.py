"""The record of decisions as a file for spreadsheets, read line by line."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models.functions import Left
from django.utils.translation import gettext as _

from blog.models import Essay
from comments.models import Decision, DecisionQuerySet, Status
from moderation.log.search import LONGEST

AT_A_TIME, SHOWN = 2000, 60
UNSAFE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # wide ones are read alike


def defused(cell: str) -> str:
    """What a spreadsheet would run as a formula is words to it."""
    return f"'{cell}" if cell.startswith(UNSAFE) else cell


COLUMNS = (
    "pk", "created", "moderator__name", "moderator__username", "rule", "rule__name", "verb", "undoes__verb", "number",
    "commenter_key",
    "comment__commenter__name", "said", "essay", "essay__title", "before", "after", "why", "reason__name",
    "reason__sentence", "told",
)  # fmt: skip


def in_lines(decisions: DecisionQuerySet) -> Any:
    """Plain values, of what was said its beginning as typed: of many decisions everything else costs too much."""
    return decisions.annotate(said=Left("comment__wording__text", LONGEST)).values(*COLUMNS)


def head() -> list[str]:
    return [
        _("decision"), _("time"), _("decided by"), _("action"), _("comment"), _("commenter"), _("excerpt"), _("essay"),
        _("before"), _("after"), _("note"), _("message to the commenter"),
    ]  # fmt: skip


def lines(rows: Iterable[dict[str, Any]]) -> Iterator[list[str]]:
    verbs = {str(value): str(label) for value, label in Decision.Verb.choices}
    undone = {value: _("undone: %(verb)s") % {"verb": label} for value, label in verbs.items()}
    statuses = {str(value): str(label) for value, label in Status.choices}
    for row in rows:
        before, after, verb = row["before"], row["after"], row["verb"]
        cells = [
            str(row["pk"]), row["created"].isoformat(timespec="seconds"), who(row),
            undone[row["undoes__verb"]] if row["undoes__verb"] else verbs.get(verb, verb),
            about(row), row["comment__commenter__name"] or "", first_of(row["said"] or ""), title(row),
            statuses.get(before, before), statuses.get(after, after), row["why"], told(row),
        ]  # fmt: skip
        yield [defused(cell) for cell in cells]


def about(row: dict[str, Any]) -> str:
    key = row["commenter_key"]
    return _("commenter %(number)d") % {"number": key} if key else str(row["number"])


def who(row: dict[str, Any]) -> str:
    """As Entry.who says it."""
    if row["rule"]:
        return _("the rule “%(name)s”") % {"name": row["rule__name"]}
    if row["verb"] == Decision.Verb.RULE:
        return _("a deleted rule")
    return row["moderator__name"] or row["moderator__username"] or _("a deleted user")


def title(row: dict[str, Any]) -> str:
    return row["essay__title"] or (str(Essay()) if row["essay"] else "")


def told(row: dict[str, Any]) -> str:
    """As Entry.told says it."""
    sentence = " ".join(filter(None, (row["reason__sentence"], row["told"])))
    return ": ".join(filter(None, (row["reason__name"], sentence)))


def first_of(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= SHOWN:
        return words
    return f"{words[:SHOWN].rpartition(' ')[0] or words[: SHOWN - 1]}…"


class Straight:
    """A file that hands on what is written to it."""

    def write(self, line: str) -> str:
        return line


def table(found: Any) -> Iterator[str]:
    writer = csv.writer(Straight())
    yield "\ufeff" + writer.writerow(head())  # so that spreadsheets take it for UTF-8
    for line in lines(found.iterator(chunk_size=AT_A_TIME)):
        yield writer.writerow(line)
