"""`manage.py take_bounces [FILE]`: stops writing to addresses whose mail came back, and where somebody complained."""

import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils.translation import ngettext

from comments.notifications import bounces
from comments.notifications.bounces import Outcome

EX_TEMPFAIL = 75  # a mail server that pipes a mail here keeps it and comes again


class Command(BaseCommand):
    help = "Reads mails that came back, from an mbox, a Maildir, a file with one mail, or a pipe; changes none of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="without it: one mail or an mbox from standard input")

    def handle(self, *args: Any, file: Path | None = None, **options: Any) -> None:
        try:
            found = bounces.in_file(file) if file else bounces.in_stream(sys.stdin.buffer)
            outcomes = Counter(bounces.take(raw) for raw in found)
        except OperationalError as error:
            self.stderr.write(f"The database is away: {error}")
            sys.exit(EX_TEMPFAIL)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        for line in told(outcomes):
            self.stdout.write(line)


def told(outcomes: Counter[Outcome]) -> list[str]:
    """What was done, in words."""
    all_of_them = outcomes.total()
    lines = [(all_of_them, ngettext("%(count)d mail was read.", "%(count)d mails were read.", all_of_them))]
    lines += [(count, words(outcome, count)) for outcome in Outcome if (count := outcomes[outcome])]
    return [line % {"count": count} for count, line in lines]


def words(outcome: Outcome, count: int) -> str:
    match outcome:
        case Outcome.REFUSED:
            return ngettext(
                "%(count)d came back: its address gets no more mail.",
                "%(count)d came back: their addresses get no more mail.",
                count,
            )
        case Outcome.COUNTED:
            return ngettext(
                "%(count)d came back and is counted; its address still gets mail.",
                "%(count)d came back and are counted; their addresses still get mail.",
                count,
            )
        case Outcome.STOPPED:
            return ngettext(
                "%(count)d is a complaint: what its reader complained of is stopped.",
                "%(count)d are complaints: what their readers complained of is stopped.",
                count,
            )
        case Outcome.DELAYED:
            return ngettext(
                "%(count)d is only delayed: nothing changes.", "%(count)d are only delayed: nothing changes.", count
            )
        case Outcome.KNOWN:
            return ngettext("%(count)d was counted before.", "%(count)d were counted before.", count)
        case Outcome.FOREIGN:
            return ngettext(
                "%(count)d shows no mail that was sent from here: nothing changes.",
                "%(count)d show no mail that was sent from here: nothing changes.",
                count,
            )
        case Outcome.OTHER:
            return ngettext("%(count)d is no mail that came back.", "%(count)d are no mails that came back.", count)
