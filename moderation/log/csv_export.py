"""The log of decisions as CSV for spreadsheets, streamed line by line."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models.functions import Left
from django.utils.translation import gettext as _

from blog.models import Essay
from comments.models import Decision, DecisionQuerySet, Status
from moderation.log.search import MAX_LENGTH

CHUNK_SIZE, EXCERPT_LENGTH = 2000, 60
UNSAFE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width ones work the same


def without_formula(cell: str) -> str:
    """Quote a cell that a spreadsheet would run as a formula."""
    return f"'{cell}" if cell.startswith(UNSAFE) else cell


COLUMNS = (
    "pk", "created", "moderator__name", "moderator__username", "rule", "rule__name", "verb", "undoes__verb",
    "comment_number", "commenter_key",
    "comment__commenter__name", "said", "essay", "essay__title", "before", "after", "note", "reason__name",
    "reason__sentence", "message",
)  # fmt: skip


def select_columns(decisions: DecisionQuerySet) -> Any:
    """Select the COLUMNS as dictionaries; model instances would be too slow for long logs."""
    return decisions.annotate(said=Left("comment__wording__text", MAX_LENGTH)).values(*COLUMNS)


def header() -> list[str]:
    """Return the headings of the columns."""
    return [
        _("decision"), _("time"), _("decided by"), _("action"), _("comment"), _("commenter"), _("excerpt"), _("essay"),
        _("status before"), _("status after"), _("note"), _("message to the commenter"),
    ]  # fmt: skip


def table_rows(rows: Iterable[dict[str, Any]]) -> Iterator[list[str]]:
    """Yield the cells of each decision; `rows` are its COLUMNS."""
    verbs = {str(value): str(label) for value, label in Decision.Verb.choices}
    undone = {value: _("undone: %(verb)s") % {"verb": label} for value, label in verbs.items()}
    statuses = {str(value): str(label) for value, label in Status.choices}
    for row in rows:
        after, verb = row["after"], row["verb"]
        before = "" if verb == Decision.Verb.REPLY else row["before"]  # before a reply there was no comment
        cells = [
            str(row["pk"]), row["created"].isoformat(timespec="seconds"), who(row),
            undone[row["undoes__verb"]] if row["undoes__verb"] else verbs.get(verb, verb),
            subject(row), row["comment__commenter__name"] or "", excerpt(row["said"] or ""), essay_title(row),
            statuses.get(before, before), statuses.get(after, after), row["note"], message(row),
        ]  # fmt: skip
        yield [without_formula(cell) for cell in cells]


def subject(row: dict[str, Any]) -> str:
    """Return the number of the comment, or of the commenter whose data were exported or deleted."""
    key = row["commenter_key"]
    return _("commenter %(number)d") % {"number": key} if key else str(row["comment_number"])


def who(row: dict[str, Any]) -> str:
    """Return the moderator or rule that decided, as the log's page names them."""
    if row["rule"]:
        return _("the rule “%(name)s”") % {"name": row["rule__name"]}
    if row["verb"] == Decision.Verb.RULE:
        return _("a deleted rule")
    return row["moderator__name"] or row["moderator__username"] or _("a deleted user")


def essay_title(row: dict[str, Any]) -> str:
    return row["essay__title"] or (str(Essay()) if row["essay"] else "")


def message(row: dict[str, Any]) -> str:
    """Return what the commenter was told, as the log's page shows it."""
    sentence = " ".join(filter(None, (row["reason__sentence"], row["message"])))
    return ": ".join(filter(None, (row["reason__name"], sentence)))


def excerpt(text: str) -> str:
    """Return the first words of a comment's text, up to EXCERPT_LENGTH characters."""
    words = " ".join(text.split())
    if len(words) <= EXCERPT_LENGTH:
        return words
    return f"{words[:EXCERPT_LENGTH].rpartition(' ')[0] or words[: EXCERPT_LENGTH - 1]}…"


class Echo:
    """A file-like object whose write() returns its argument, for csv.writer."""

    def write(self, line: str) -> str:
        """Return what is written instead of storing it."""
        return line


def csv_lines(found: Any) -> Iterator[str]:
    """Yield the lines of the file, from a query by select_columns()."""
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(header())  # so that spreadsheets read it as UTF-8
    for line in table_rows(found.iterator(chunk_size=CHUNK_SIZE)):
        yield writer.writerow(line)
