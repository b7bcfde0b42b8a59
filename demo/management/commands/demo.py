"""`manage.py demo`: fills an empty site with demo content."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from demo.content import fill


class Command(BaseCommand):
    help = "Adds three essays, their comments and demo accounts to an empty site. Never changes a site in use."

    def handle(self, *args: Any, **options: Any) -> str:
        if not settings.DEBUG:
            return "No demo content was added: it is not for production, because its accounts have a public password."
        try:
            people = fill.fill()
        except fill.SiteInUse:
            return "No demo content was added: this site is already in use."
        names = ", ".join(person.username for person in people)
        return f"Demo content added. You can log in as {names}. The password is “{fill.PASSWORD}”."
