"""`manage.py passages OLD NEW`: shows where each sentence of a text is in a revision of it."""

import json
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from blog.editor import convert_html
from blog.editor.markdown import MAX_MARKUP_CHARACTERS, build_parser, has_too_much_markup
from comments.passages.matching import Match, Passage, Text, find_again, quote
from comments.passages.matching.paragraphs import parse_paragraphs

MAX_BYTES = 2_000_000
MIN_CHARACTERS = 30
_FRONT_MATTER = re.compile(r"\ufeff?\s*(?P<fence>---|\+\+\+)[ \t]*\n(?:.*\n){0,2000}?(?P=fence)[ \t]*(?:\n|\Z)")
HTML = frozenset({".html", ".htm", ".xhtml"})


class Command(BaseCommand):
    help = (
        "Shows where each sentence of 30 characters or more of a Markdown or HTML file is in a revision of it: "
        "passages OLD NEW [--json]. Front matter and code blocks are left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("old", type=Path)
        parser.add_argument("new", type=Path)
        parser.add_argument("--json", action="store_true", help="print one JSON object per sentence")

    def handle(self, *args: Any, old: Path, new: Path, **options: Any) -> None:
        before, after = read_text(old), read_text(new)
        passages = long_sentences(before)
        write = json_line if options["json"] else table_row
        for passage, match in zip(passages, find_again(before, after, passages), strict=True):
            self.stdout.write(write(passage, match))


def long_sentences(text: Text) -> list[Passage]:
    """Return the sentences of 30 characters or more that are not in a code block."""
    code = {paragraph.number for paragraph in text.paragraphs if paragraph.kind == "pre"}
    long = (span for span in text.sentences if span.end - span.start >= MIN_CHARACTERS)
    return [quote(text, place) for place in map(text.place, long) if place.paragraph not in code]


def json_line(passage: Passage, match: Match) -> str:
    line = {"old": passage.words, "new": match.place.words if match.place else None, "how": match.how}
    return json.dumps(line, ensure_ascii=False)


def table_row(passage: Passage, match: Match) -> str:
    """Return how a sentence was found, its words and, if they changed, those of the new text."""
    row = f"{match.how:<9} {passage.words}"
    return f"{row}\n{'→':>9} {match.place.words}" if match.place and match.how == "reworded" else row


def read_text(file: Path) -> Text:
    """Read a Markdown or HTML file as the site would import it. Raises CommandError."""
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror or error}.") from error
    if len(data) > MAX_BYTES:
        raise CommandError(f"{file} is larger than {MAX_BYTES // 1_000_000} MB. Split it into smaller files.")
    try:
        source = data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not a text file in UTF-8.") from error
    if "\0" in source:
        raise CommandError(f"{file} is not a text file in UTF-8.")
    if front_matter := _FRONT_MATTER.match(source):
        source = source[front_matter.end() :]
    if file.suffix.lower() not in HTML:
        if has_too_much_markup(source):
            raise CommandError(
                f"{file} has more than {MAX_MARKUP_CHARACTERS:,} formatting characters. Split it into smaller files."
            )
        source = str(build_parser(has_formulas="$$" in source).render(source))
    return Text(parse_paragraphs(convert_html(source, resolve_picture=lambda address, alt: address).html))
