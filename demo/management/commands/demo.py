"""Fill an empty site with something to read and somebody to disagree with."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from demo.content import fill


class Command(BaseCommand):
    help = "Fills an empty site with three essays, an argument, and people to log in as; leaves any other site alone."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(self.done())

    def done(self) -> str:
        if not settings.DEBUG:
            return "The demo content is not for production: its people log in with a password that everybody knows."
        try:
            people = fill.fill()
        except fill.InUse:
            return "The demo content is for an empty site; this one is in use, and stays as it is."
        names = ", ".join(person.username for person in people)
        return f"The demo content is in. To log in: {names}; the password of each is “{fill.PASSWORD}”."
