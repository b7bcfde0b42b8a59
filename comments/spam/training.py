"""The filter's memory: what files taught it is kept, what moderators decided is read anew each time it learns."""

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
    """The filter that holds now; None before its first fit. Read once a process, and again when it changed."""
    global _loaded
    stamp, found = _loaded
    if stamp != rules.spam_stamp:
        row = SpamModel.objects.defer("lessons").first() if rules.spam_stamp else None
        found = Filter.unpacked(bytes(row.weights)) if row and row.weights else None
        _loaded = (rules.spam_stamp, found)
    return found


def judgement(rules: Rules, text: str, who: Commenter) -> Judgement | None:
    """What the filter thinks of words; None while it knows too little, or is off."""
    found = known(rules) if rules.spam_filter else None
    return None if found is None else found.judge(said(text, who))


def likeness(rules: Rules, text: str, who: Commenter) -> float | None:
    """As judgement(), without saying why."""
    found = known(rules) if rules.spam_filter else None
    return None if found is None else found.score(said(text, who))


def said(text: str, who: Commenter) -> Said:
    return Said(text, who.name, who.email, who.website)


@transaction.atomic
def keep(lessons: Sequence[Lesson]) -> int:
    """Add lessons from a file to those that are kept; how many were new. Nothing is learnt twice."""
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
    """Learn everything anew, from what is kept of files and from these decisions; False: there was nothing new.

    Outside of any transaction, since it takes seconds; what somebody teaches meanwhile is not lost.
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
    """False if the filter was taught from a file since the row was read."""
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
    Rules.objects.filter(pk=1).update(spam_stamp=found.stamp)  # which every post reads anyway
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
