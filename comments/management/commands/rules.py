"""`manage.py rules [NAME=VALUE …]`: shows or sets the discussion rules."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models, transaction

import pagecache
from comments.models import Rules

BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
FIELDS = {field.name: field for field in Rules._meta.concrete_fields if field.editable and not field.primary_key}


class Command(BaseCommand):
    help = "Shows or changes the comment settings: rules hold_links=3 flood_seconds=0 who_may_comment=name"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("changes", nargs="*", metavar="NAME=VALUE")  # Django itself has "settings"

    @transaction.atomic
    def handle(self, *args: Any, changes: list[str], **options: Any) -> None:
        rules = Rules.objects.current()
        for change in changes:
            name, is_given, value = change.partition("=")
            if name not in FIELDS:
                raise CommandError(f"Unknown setting {name!r}. Choose from: {', '.join(FIELDS)}.")
            if not is_given:
                raise CommandError(f"{name}: Give it a value, such as {name}={format_value(getattr(rules, name))}.")
            setattr(rules, name, parse_value(FIELDS[name], value))
        try:
            rules.full_clean()
        except ValidationError as error:
            problems = (f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
            raise CommandError("\n".join(problems)) from error
        if changes:
            rules.save()
            pagecache.invalidate("site")
        for name in FIELDS:
            self.stdout.write(f"{name}={format_value(getattr(rules, name))}")


def parse_value(field: Any, value: str) -> Any:
    """Convert a value from the command line; in a list, `\\n` or a comma separates the lines."""
    if isinstance(field, models.BooleanField):
        if value.lower() not in BOOLEANS:
            raise CommandError(f"{field.name} must be true or false, not {value!r}.")
        return BOOLEANS[value.lower()]
    if isinstance(field, models.IntegerField):
        if not value.isascii() or not value.isdigit():
            raise CommandError(f"{field.name} must be a whole number, 0 or more, not {value!r}.")
        return int(value)
    if isinstance(field, models.TextField):
        return "\n".join(word.strip() for word in value.replace("\\n", "\n").replace(",", "\n").splitlines())
    choices = [choice for choice, _ in field.choices or ()]
    if choices and value not in choices:
        raise CommandError(f"{field.name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def format_value(value: Any) -> str:
    """Write a setting as parse_value() reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value).replace("\n", ",")
