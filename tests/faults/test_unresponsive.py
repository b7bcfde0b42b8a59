"""What waits for a service that hangs stops waiting: connections to PostgreSQL, and pictures in a bucket."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from django.test import Client

from blog.images import media
from config.bucket import S3MediaStorage, breaker
from pagecache import postgres as page_cache
from pagecache.reader import DatabaseUnavailable
from server import postgres
from tests.services.bucket import Bucket, bucket
from tests.services.databases import is_sqlite
from tests.services.proxy import Proxy, proxy

on_postgres = pytest.mark.skipif(is_sqlite(os.environ["DATABASE_URL"]), reason="SQLite is not a service")
SOON = 0.1  # seconds


@pytest.fixture
def database() -> Iterator[tuple[Proxy, dict[str, Any]]]:
    """A proxy in front of the database, and how to connect through it."""
    parameters = connection.get_connection_params()
    parameters = {name: parameters[name] for name in ("dbname", "user", "password")}
    with proxy(int(connection.settings_dict["PORT"])) as passing:
        yield passing, {**parameters, "host": "127.0.0.1", "port": passing.port}


@on_postgres
@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["", "SELECT 1"], ids=["the pool's check", "a statement"])
def test_a_request_does_not_wait_for_a_database_that_hangs(
    database: tuple[Proxy, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    monkeypatch.setattr(postgres, "TIMEOUT", SOON if statement else 60.0)
    monkeypatch.setattr(postgres, "CHECK_TIMEOUT", 60.0 if statement else SOON)
    service, parameters = database
    waiting = postgres.LimitedConnection.connect(**parameters, autocommit=True)
    waiting.execute(statement)
    service.hang()
    with pytest.raises(psycopg.OperationalError, match="not responding"):
        waiting.execute(statement)
    assert waiting.closed


@on_postgres
@pytest.mark.django_db
def test_the_page_cache_does_not_wait_for_a_database_that_hangs_and_uses_it_again(
    database: tuple[Proxy, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, parameters = database
    reader = page_cache.PostgresReader(parameters)
    number = reader.current()
    monkeypatch.setattr(page_cache, "TIMEOUT", SOON)
    monkeypatch.setattr(page_cache, "BACKOFF", 0.0)
    service.hang()
    with pytest.raises(DatabaseUnavailable):
        reader.current()
    service.restore(resumes=False)
    monkeypatch.setattr(page_cache, "TIMEOUT", 30.0)
    assert reader.current() == number
    reader.close()


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Proxy, Bucket]]:
    """Serve pictures from a bucket behind a proxy."""
    with bucket() as service, proxy(urlsplit(service.url).port or 0) as passing:
        storage = S3MediaStorage(
            bucket_name="pictures", endpoint_url=f"http://127.0.0.1:{passing.port}", addressing_style="path",
            access_key="a", secret_key="b", region_name="eu",
        )  # fmt: skip
        monkeypatch.setattr(media, "default_storage", storage)
        service.files["/pictures/images/tide.png"] = b"a picture"
        yield passing, service
    breaker.is_open = False


@pytest.mark.once
@pytest.mark.django_db
def test_a_picture_is_unavailable_while_the_bucket_is_gone_and_only_one_request_waits_for_it(
    pictures: tuple[Proxy, Bucket], client: Client
) -> None:
    service, _ = pictures
    picture = "/media/images/tide.png"
    assert b"".join(client.get(picture).streaming_content) == b"a picture"  # type: ignore[attr-defined]
    assert client.get("/media/images/none.png").status_code == 404
    service.vanish()
    gone = client.get(picture)
    assert (gone.status_code, gone.headers["Retry-After"]) == (503, "2")
    has_begun, may_end = Event(), Event()

    def try_it() -> None:
        with breaker.guard():
            has_begun.set()
            may_end.wait(30)

    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(try_it)
        assert has_begun.wait(30)
        with pytest.raises(ConnectionError, match="not responding"), breaker.guard():
            raise AssertionError("A second thread must not try it.")
        may_end.set()
        trial.result()
    service.restore()
    assert client.get(picture).status_code == 200
    breaker.is_open = True
    assert client.get("/media/images/none.png").status_code == 404  # it responds, if only to say that there is none
    assert not breaker.is_open


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["transfers/site.zip", "transfers%5Csite.zip", "cards%5C1.png", "images/%5C../transfers/site.zip"]
)
def test_no_private_file_of_the_bucket_is_served(pictures: tuple[Proxy, Bucket], client: Client, name: str) -> None:
    _, service = pictures
    service.files["/pictures/transfers/site.zip"] = service.files["/pictures/cards/1.png"] = b"private"
    assert client.get(f"/media/{name}").status_code == 404
