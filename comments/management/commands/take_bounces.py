"""`manage.py take_bounces [FILE]`: reads bounces and complaints and stops emailing those addresses."""

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

EX_TEMPFAIL = 75  # tells a mail server that pipes an email here to retry later


class Command(BaseCommand):
    help = "Reads bounces and spam complaints, and stops emailing their addresses. Never changes the files it reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", type=Path, help="mbox, Maildir or single email (default: standard input)"
        )

    def handle(self, *args: Any, file: Path | None = None, **options: Any) -> None:
        try:
            found = bounces.read_mailbox(file) if file else bounces.read_stream(sys.stdin.buffer)
            outcomes = Counter(bounces.process_email(raw) for raw in found)
        except OperationalError as error:
            self.stderr.write(f"The database cannot be reached ({error}). Try again later.")
            sys.exit(EX_TEMPFAIL)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror or error}.") from error
        for line in summary_lines(outcomes):
            self.stdout.write(line)


def summary_lines(outcomes: Counter[Outcome]) -> list[str]:
    """Summarize what was done, a line per outcome."""
    total = outcomes.total()
    lines = [(total, ngettext("%(count)d email was read.", "%(count)d emails were read.", total))]
    lines += [(count, describe_outcome(outcome, count)) for outcome in Outcome if (count := outcomes[outcome])]
    return [line % {"count": count} for count, line in lines]


def describe_outcome(outcome: Outcome, count: int) -> str:
    """Say what was done with `count` emails, with `%(count)d` in place of the number."""
    match outcome:
        case Outcome.SUPPRESSED:
            return ngettext(
                "%(count)d bounced. Its address will get no more emails.",
                "%(count)d bounced. Their addresses will get no more emails.",
                count,
            )
        case Outcome.COUNTED:
            return ngettext(
                "%(count)d bounced. Its address will still get emails for now.",
                "%(count)d bounced. Their addresses will still get emails for now.",
                count,
            )
        case Outcome.UNSUBSCRIBED:
            return ngettext(
                "%(count)d is a spam complaint. The reader was unsubscribed.",
                "%(count)d are spam complaints. The readers were unsubscribed.",
                count,
            )
        case Outcome.DELAYED:
            return ngettext(
                "%(count)d reports a delay and was ignored.", "%(count)d report delays and were ignored.", count
            )
        case Outcome.DUPLICATE:
            return ngettext("%(count)d had already been processed.", "%(count)d had already been processed.", count)
        case Outcome.UNRELATED:
            return ngettext(
                "%(count)d was ignored, because this site did not send the original email.",
                "%(count)d were ignored, because this site did not send the original emails.",
                count,
            )
        case Outcome.OTHER:
            return ngettext(
                "%(count)d is not a bounce or complaint.", "%(count)d are not bounces or complaints.", count
            )
