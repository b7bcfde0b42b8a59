"""`manage.py spam`: train the spam filter from labeled comments, and measure its accuracy."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments import spam
from comments.models import Rules, SpamModel
from comments.spam import Example, Figures, Filter, Submission, Unreadable, training
from moderation.insights import learning

MAX_WARNINGS = 20


class Command(BaseCommand):
    help = (
        "Trains or tests the spam filter with CSV files. Columns: CONTENT, CLASS (1 = spam, 0 = not spam), AUTHOR "
        "(optional)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        learn = verbs.add_parser(
            "learn", help="train the filter with the comments in a file, in addition to earlier training"
        )
        judge = verbs.add_parser("judge", help="test the filter on a file and print its accuracy")
        check = verbs.add_parser(
            "check", help="cross-validate: test each file after training on the others; nothing is saved"
        )
        for verb in (learn, judge):
            verb.add_argument("files", metavar="FILE", nargs=1, type=Path)
        check.add_argument("files", metavar="FILE", nargs="+", type=Path)

    def handle(self, *args: Any, verb: str, files: list[Path], **options: Any) -> None:
        try:
            {"learn": self.learn, "judge": self.judge, "check": self.cross_validate}[verb](files)
        except Unreadable as error:
            raise CommandError(str(error)) from error

    def learn(self, files: list[Path]) -> None:
        """Train the filter with the comments in the one file."""
        examples = select_examples(self.read(files[0]))
        if not examples:
            raise CommandError(_("%(file)s contains no comments to learn from.") % {"file": files[0]})
        new = training.add_examples(examples)
        learning.learn()
        words = ngettext("Learned from %(count)d new comment.", "Learned from %(count)d new comments.", new)
        self.stdout.write(words % {"count": new})
        self.stdout.write(training.describe_training(SpamModel.objects.current()))

    def judge(self, files: list[Path]) -> None:
        """Print how accurately the trained filter judges the one file."""
        known = training.current_filter(Rules.objects.current()) or Filter.train([])
        self.stdout.write(str(self.measure(known, self.read(files[0]))))

    def cross_validate(self, files: list[Path]) -> None:
        """Print how accurately each file is judged after training on the others."""
        if len(files) < 2:
            raise CommandError(_("Give at least two files. Each is tested after training on the others."))
        found = []
        for tested in files:
            others = (each for file in files if file != tested for each in self.read(file))
            found.append(self.measure(Filter.train(select_examples(others)), self.read(tested)))
            self.stdout.write(f"{tested.name}: {found[-1]}")
        self.stdout.write(_("Mean: %(figures)s") % {"figures": Figures.mean(found)})

    def measure(self, known: Filter, labeled: Iterable[tuple[Submission, bool]]) -> Figures:
        """Return how accurately a filter judges labeled comments. Raises CommandError if all are spam or none is."""
        found = Figures.measure(known, labeled)
        if found is None:
            raise CommandError(_("The file must contain both spam (CLASS 1) and good comments (CLASS 0)."))
        return found

    def read(self, file: Path) -> Iterator[tuple[Submission, bool]]:
        """Yield a file's comments, each with whether it is spam; print warnings about invalid lines."""
        skipped = 0

        def warn(trouble: str) -> None:
            nonlocal skipped
            skipped += 1
            if skipped <= MAX_WARNINGS:
                self.stderr.write(_("%(file)s, %(trouble)s. Skipped.") % {"file": file.name, "trouble": trouble})

        yield from spam.read_labeled(file, warn)
        if (more := skipped - MAX_WARNINGS) > 0:
            words = ngettext("%(count)d more line skipped.", "%(count)d more lines skipped.", more)
            self.stderr.write(words % {"count": more})


def select_examples(labeled: Iterable[tuple[Submission, bool]]) -> list[Example]:
    """Return the training examples in labeled comments."""
    return spam.select_examples(spam.make_example(said, is_spam=is_spam) for said, is_spam in labeled)
