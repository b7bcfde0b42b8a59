"""Training and loading of the filter: examples from files are stored, moderators' decisions are read for each fit."""

import hashlib
import zlib
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Commenter
from comments import spam
from comments.models import Rules, SpamModel
from comments.spam import MIN_EXAMPLES, Example, Filter, Judgment, Submission, round_down
from comments.spam.examples import pack, unpack

_loaded: tuple[str, Filter | None] = ("", None)


def current_filter(rules: Rules) -> Filter | None:
    """The filter in use, or None before its first fit. Loaded once per process, and again when it changed."""
    global _loaded
    stamp, found = _loaded
    if stamp != rules.spam_stamp:
        row = SpamModel.objects.defer("examples").first() if rules.spam_stamp else None
        found = Filter.unpack(bytes(row.weights)) if row and row.weights else None
        _loaded = (rules.spam_stamp, found)
    return found


def judge(rules: Rules, text: str, commenter: Commenter) -> Judgment | None:
    """Score a text and explain the score; None if the filter is off or untrained."""
    found = current_filter(rules) if rules.spam_filter else None
    return None if found is None else found.judge(submission_of(text, commenter))


def spam_score(rules: Rules, text: str, commenter: Commenter) -> float | None:
    """The spam score alone, as judge() computes it."""
    found = current_filter(rules) if rules.spam_filter else None
    return None if found is None else found.score(submission_of(text, commenter))


def submission_of(text: str, commenter: Commenter) -> Submission:
    """Return a comment as the filter reads it."""
    return Submission(text, commenter.name, commenter.email, commenter.website)


@transaction.atomic
def add_examples(examples: Sequence[Example]) -> int:
    """Add examples from a file to the stored ones without duplicates; return how many were new."""
    SpamModel.objects.bulk_create([SpamModel(pk=1)], ignore_conflicts=True)
    row = SpamModel.objects.select_for_update().get()
    before = stored_examples(row)
    after = spam.select_examples([*before, *examples])
    is_spam = sum(each.is_spam for each in after)
    SpamModel.objects.save_fields(
        examples=zlib.compress(pack(after), 9),
        training_count=row.training_count + 1,
        spam=is_spam,
        good=len(after) - is_spam,
    )
    old = {each.identity for each in before}
    return sum(each.identity not in old for each in after)


def stored_examples(row: SpamModel) -> list[Example]:
    """Unpack the examples that were imported from files."""
    return unpack(zlib.decompress(bytes(row.examples))) if row.examples else []


def fit(decided: Sequence[Example]) -> bool:
    """Fit the filter to the stored examples and these decisions; return False if nothing changed.

    Call outside of any transaction, since it takes seconds. Examples that are added while it runs are not lost.
    """
    decided = spam.select_examples(decided)
    digest = hashlib.blake2b(pack(decided), digest_size=8).hexdigest()
    while True:
        row = SpamModel.objects.current()
        if row.decided == digest and row.fitted_training_count == row.training_count:
            Rules.objects.filter(pk=1).exclude(spam_stamp=row.stamp).update(spam_stamp=row.stamp)
            return False
        found = Filter.train([*stored_examples(row), *decided])
        if store_fit(row, found, decided, digest):
            return True


@transaction.atomic
def store_fit(row: SpamModel, found: Filter, decided: Sequence[Example], digest: str) -> bool:
    """Store a fitted filter and its decisions' hash; return False if examples were added since `row` was read."""
    taught = SpamModel.objects.select_for_update().values_list("training_count", flat=True).first() or 0
    if taught != row.training_count:
        return False
    is_spam = sum(each.is_spam for each in decided)
    SpamModel.objects.save_fields(
        weights=found.pack(),
        stamp=found.stamp,
        fitted_training_count=taught,
        decided=digest,
        decided_spam=is_spam,
        decided_good=len(decided) - is_spam,
    )
    Rules.objects.filter(pk=1).update(spam_stamp=found.stamp)  # every post reads this row anyway
    return True


def describe() -> str:
    """Say what the filter has learned, and its automatic threshold, to the owner."""
    row = SpamModel.objects.defer("examples").first() or SpamModel(pk=1)
    if not row.weights:
        return describe_training(row)
    threshold = round_down(Filter.unpack(bytes(row.weights)).threshold)
    return f"{describe_training(row)} {_('The automatic threshold is %(line).2f.') % {'line': threshold}}"


def describe_training(row: SpamModel) -> str:
    """Say how many comments it has learned from, and whether they are enough."""
    counts = {"spam": row.spam + row.decided_spam, "good": row.good + row.decided_good, "enough": MIN_EXAMPLES}
    if min(counts["spam"], counts["good"]) < MIN_EXAMPLES:
        words = _(
            "The filter has learned from %(spam)d spam and %(good)d good comments. Until it has %(enough)d of each, it "
            "holds only comments that are almost certainly spam."
        )
    else:
        words = _("The filter has learned from %(spam)d spam and %(good)d good comments.")
    return words % counts
