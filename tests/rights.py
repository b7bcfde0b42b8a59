"""Tables of permissions: who may open and send what, the response, and what was written."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from tests import make

OF_SESSIONS = {"django_session", "usersessions_usersession"}


@dataclass(frozen=True)
class Table:
    """A header of people, then a line for each method and address, with its subject in parentheses."""

    text: str

    @property
    def header(self) -> str:
        return self.text.strip("\n").splitlines()[0]

    @property
    def people(self) -> list[str]:
        return self.header.split()

    def rows(self, method: str) -> Iterator[tuple[str, list[str]]]:
        """Yield addresses and expected responses."""
        for line in self.text.strip().splitlines()[1:]:
            row_method, address, *responses = line.split()
            if row_method == method:
                yield address, responses

    def line(self, method: str, address: str, responses: list[str]) -> str:
        """Format a line of this table."""
        line = f"{method:4} {address} "
        for person, response in zip(re.finditer(r"\S+", self.header), responses, strict=True):
            line = line.ljust(person.start()) + response + " "
        return line.rstrip()


class PermissionTester:
    """One of everything, and a browser for each person."""

    headers: MappingProxyType[str, str] = MappingProxyType({})
    default_subject = ""  # the subject of an address whose name does not tell it

    def __init__(self, objects: dict[str, Any], users: dict[str, User], people: list[str]) -> None:
        self.objects = objects
        self.users = users
        self.clients = {person: self.create_client(person) for person in people}

    def create_client(self, person: str) -> Client:
        client = Client(headers=self.headers)
        if user := self.users.get(person):
            client.force_login(user)
            client.get(reverse("my-comments"))  # a login creates a Commenter
        elif person == "guest":
            guest_cookie(client)
        return client

    def client(self, person: str) -> Client:
        return self.clients[person]

    def parameters_for(self, name: str) -> dict[str, Any]:
        """Return the parameters to send to the address of that name."""
        return {}

    def send(self, method: str, address: str, person: str) -> Any:
        name, _, subject = address.rstrip(")").partition("(")
        args = [self.objects[each] for each in subject.split(",")] if subject else []
        url = reverse(name, args=[getattr(arg, "pk", arg) for arg in args])
        client = self.client(person)
        send = client.get if method == "GET" else client.post
        return send(url, self.parameters_for(name))

    def line(self, table: Table, method: str, name: str, subject: list[str]) -> str:
        """Return the table's line for an address, if its subject can be guessed."""
        subject_ = next((key for key in self.objects if key in re.split("[-_:]", name)), self.default_subject)
        address = f"{name}({','.join(subject_ for _ in subject)})" if subject else name
        response = []
        for person in table.people:
            with transaction.atomic():
                try:
                    response.append(response_status(self.send(method, address, person)))
                except Exception as error:  # shown in the line
                    response.append(type(error).__name__)
                transaction.set_rollback(True)
        return table.line(method, address, response)


def assert_table_is_complete(table: Table, named: dict[str, list[str]], world: PermissionTester) -> None:
    """Check that the table has every address of these names and no others."""
    listed = {(method, row[0].partition("(")[0]) for method in ("GET", "POST") for row in table.rows(method)}
    expected = [(method, name, subject) for name, subject in sorted(named.items()) for method in ("GET", "POST")]
    missing = [world.line(table, *each) for each in expected if each[:2] not in listed]
    assert not missing, "Add to TABLE, if this is as it should be:\n" + "\n".join(missing)
    unknown = {name for _, name in listed} - {name for name, _, _ in addresses()}
    assert not unknown, f"TABLE knows addresses that are no longer there: {unknown}"


def guest_cookie(client: Client) -> None:
    """Let the client be a guest who asked to be remembered, with a comment on another essay."""
    essay = make.essay("Where a guest was")
    client.post(f"{essay.get_absolute_url()}respond/", make.guest_form(remember="on", text="A guest was here."))
    assert settings.COMMENTER_COOKIE_NAME in client.cookies


def addresses() -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, view module and parameters of every named address of the site."""
    open_: list[tuple[Any, str]] = [(get_resolver().url_patterns, "")]
    while open_:
        patterns, namespace = open_.pop()
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                open_.append(
                    (pattern.url_patterns, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
                )
            elif isinstance(pattern, URLPattern):
                view = getattr(pattern.callback, "view_class", pattern.callback)
                if pattern.name:
                    yield f"{namespace}{pattern.name}", view.__module__, list(pattern.pattern.converters)


def response_status(response: Any) -> str:
    if response.status_code == 302 and "/login/" in response["Location"]:
        return "login"
    return str(response.status_code)


def full_text(response: Any) -> str:
    return b"".join(response).decode(errors="replace") + str(response.headers)


@contextmanager
def recorded_writes() -> Iterator[list[str]]:
    """Record the statements that changed anything but sessions."""
    statements: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield statements
    for query in captured.captured_queries:
        sql = query["sql"].lstrip()
        if re.match("INSERT|UPDATE|DELETE", sql) and not any(f'"{table}"' in sql for table in OF_SESSIONS):
            statements.append(sql)


def database_contents() -> dict[str, list[Any]]:
    """Return all stored rows."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.db_table not in OF_SESSIONS]
    return {model._meta.label: list(model._base_manager.order_by("pk").values_list()) for model in models}
