"""Training and loading of the filter: examples from files are stored, moderators' decisions are read for each fit."""

import hashlib
import zlib
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Commenter
from comments import spam
from comments.models import Rules, SpamModel
from comments.spam import ENOUGH, Filter, Judgement, Lesson, Said, in_hundredths
from comments.spam.lessons import packed, unpacked

_loaded: tuple[str, Filter | None] = ("", None)


def known(rules: Rules) -> Filter | None:
    """The filter in use, or None before its first fit. Loaded once per process, and again when it changed."""
    global _loaded
    stamp, found = _loaded
    if stamp != rules.spam_stamp:
        row = SpamModel.objects.defer("lessons").first() if rules.spam_stamp else None
        found = Filter.unpacked(bytes(row.weights)) if row and row.weights else None
        _loaded = (rules.spam_stamp, found)
    return found


def judgement(rules: Rules, text: str, who: Commenter) -> Judgement | None:
    """Score a text and explain the score; None if the filter is off or untrained."""
    found = known(rules) if rules.spam_filter else None
    return None if found is None else found.judge(said(text, who))


def likeness(rules: Rules, text: str, who: Commenter) -> float | None:
    """The spam score alone, as judge() computes it."""
    found = known(rules) if rules.spam_filter else None
    return None if found is None else found.score(said(text, who))


def said(text: str, who: Commenter) -> Said:
    return Said(text, who.name, who.email, who.website)


@transaction.atomic
def keep(lessons: Sequence[Lesson]) -> int:
    """Add examples from a file to the stored ones without duplicates; return how many were new."""
    SpamModel.objects.bulk_create([SpamModel(pk=1)], ignore_conflicts=True)
    row = SpamModel.objects.select_for_update().get()
    before = lessons_of(row)
    after = spam.kept([*before, *lessons])
    is_spam = sum(each.is_spam for each in after)
    SpamModel.objects.settle(
        lessons=zlib.compress(packed(after), 9),
        taught=row.taught + 1,
        spam=is_spam,
        good=len(after) - is_spam,
    )
    old = {each.identity for each in before}
    return sum(each.identity not in old for each in after)


def lessons_of(row: SpamModel) -> list[Lesson]:
    return unpacked(zlib.decompress(bytes(row.lessons))) if row.lessons else []


def fit(decided: Sequence[Lesson]) -> bool:
    """Fit the filter to the stored examples and these decisions; return False if nothing changed.

    Call outside of any transaction, since it takes seconds. Examples that are added while it runs are not lost.
    """
    decided = spam.kept(decided)
    mark = hashlib.blake2b(packed(decided), digest_size=8).hexdigest()
    while True:
        row = SpamModel.objects.current()
        if row.decided == mark and row.taught_with == row.taught:
            Rules.objects.filter(pk=1).exclude(spam_stamp=row.stamp).update(spam_stamp=row.stamp)
            return False
        found = Filter.taught([*lessons_of(row), *decided])
        if write(row, found, decided, mark):
            return True


@transaction.atomic
def write(row: SpamModel, found: Filter, decided: Sequence[Lesson], mark: str) -> bool:
    """Store a fitted filter; return False if examples were added since the row was read."""
    taught = SpamModel.objects.select_for_update().values_list("taught", flat=True).first() or 0
    if taught != row.taught:
        return False
    is_spam = sum(each.is_spam for each in decided)
    SpamModel.objects.settle(
        weights=found.packed(),
        stamp=found.stamp,
        taught_with=taught,
        decided=mark,
        decided_spam=is_spam,
        decided_good=len(decided) - is_spam,
    )
    Rules.objects.filter(pk=1).update(spam_stamp=found.stamp)  # every post reads this row anyway
    return True


def describe() -> str:
    """What the filter has learned, and its automatic threshold, for the owner."""
    row = SpamModel.objects.defer("lessons").first() or SpamModel(pk=1)
    if not row.weights:
        return knowledge(row)
    threshold = in_hundredths(Filter.unpacked(bytes(row.weights)).threshold)
    return f"{knowledge(row)} {_('Its automatic threshold is %(line).2f.') % {'line': threshold}}"


def knowledge(row: SpamModel) -> str:
    """How much it has learned, and whether that is enough."""
    counts = {"spam": row.spam + row.decided_spam, "good": row.good + row.decided_good, "enough": ENOUGH}
    if min(counts["spam"], counts["good"]) < ENOUGH:
        words = _(
            "The filter has learned from %(spam)d spam and %(good)d good comments. Until it has %(enough)d of each, it "
            "holds only comments that are almost certainly spam."
        )
    else:
        words = _("The filter has learned from %(spam)d spam and %(good)d good comments.")
    return words % counts
