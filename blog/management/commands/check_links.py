"""`manage.py check_links [--fix]`: find links in stored essays that lack https:// or mailto:, and add it."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from blog import markup
from blog.models import Essay
from blog.writing import revisions


class Command(BaseCommand):
    help = "Lists links without https:// or mailto: in essays, their revisions and unsaved drafts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--fix", action="store_true", help="add the missing https:// or mailto:, except to unclear links"
        )

    def handle(self, *args: Any, fix: bool, **options: Any) -> None:
        links = essays = unclear = 0
        for essay in Essay.objects.order_by("pk").iterator(chunk_size=50):
            wrong, doubtful = incomplete_links(essay), unclear_links(essay)
            links, essays, unclear = links + len(wrong), essays + bool(wrong), unclear + len(doubtful)
            for written, meant in wrong.items():
                self.stdout.write(f"{essay.pk} {essay}: {written} → {meant}")
            for written in doubtful:
                self.stdout.write(f"{essay.pk} {essay}: {written} is unclear. Edit the link in the admin.")
            if fix and wrong:
                revisions.rewrite_bodies(essay, markup.complete_links)
        done = "corrected" if fix else "to correct (use --fix)" if links else "to correct"
        found = f"{counted(links, 'link')} in {counted(essays, 'essay')}"
        self.stdout.write(f"{found} {done}. {counted(unclear, 'unclear link')}.")


def counted(number: int, noun: str) -> str:
    """Return the number with its noun, in the plural unless there is one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def stored_bodies(essay: Essay) -> Iterator[str]:
    """Yield the essay's body, then those of its revisions and drafts."""
    yield essay.body
    yield from essay.revisions.order_by("pk").values_list("body", flat=True).iterator()
    yield from (str(draft.fields.get("body", "")) for draft in essay.drafts.all())


def incomplete_links(essay: Essay) -> dict[str, str]:
    """Return incomplete links of all stored texts, each with its completed form."""
    written = dict.fromkeys(href for text in stored_bodies(essay) for href in markup.link_targets(text))
    return {href: markup.complete_address(href) for href in written if markup.complete_address(href) != href}


def unclear_links(essay: Essay) -> list[str]:
    """Return the unclear links of the latest text; older texts are history."""
    return markup.unclear_links(revisions.latest_text(essay).text.body)
