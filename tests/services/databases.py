"""Databases created and dropped for one test, of the kind that a DATABASE_URL names."""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import psycopg
from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler
from psycopg import sql


def is_sqlite(url: str) -> bool:
    return urlsplit(url).scheme == "sqlite"


@contextlib.contextmanager
def database(like: str, folder: Path, template: str = "") -> Iterator[str]:
    """Create a database, empty or a copy of the template: a file in the folder, or on the same PostgreSQL server."""
    name = f"rejoinder_{secrets.token_hex(6)}"
    if is_sqlite(like):
        file = folder / f"{name}.sqlite3"
        if template:
            _copy(Path(urlsplit(template).path), file)
        yield f"sqlite:///{file}"
        return
    with _server_of(like) as server:
        create = sql.SQL("CREATE DATABASE {}" + (" TEMPLATE {}" if template else ""))
        source = [sql.Identifier(urlsplit(template).path[1:])] if template else []
        server.execute(create.format(sql.Identifier(name), *source))
    try:
        yield urlsplit(like)._replace(path=f"/{name}").geturl()
    finally:
        with _server_of(like) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def connected(url: str) -> Iterator[None]:
    """Connect this thread's ORM to that database until the block ends."""
    from django.contrib.contenttypes.models import ContentType  # a model, so only once Django is set up

    settings_: dict[str, Any] = settings.DATABASES["default"]
    options = {name: value for name, value in settings_["OPTIONS"].items() if name != "pool"}
    # A pool keeps its connections across requests, so on PostgreSQL this one stays open.
    age = 0 if is_sqlite(url) else None
    other = {**environ.Env.db_url_config(url, engine=settings_["ENGINE"]), "OPTIONS": options, "CONN_MAX_AGE": age}
    previous = connections["default"]
    connections["default"] = ConnectionHandler({"default": other})["default"]
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = previous
        ContentType.objects.clear_cache()


def _copy(source: Path, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _server_of(url: str) -> psycopg.Connection:
    return psycopg.connect(urlsplit(url)._replace(scheme="postgresql", path="/postgres").geturl(), autocommit=True)
