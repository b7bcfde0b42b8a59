"""How long a statement may take on PostgreSQL: limited for requests and jobs, unlimited for commands."""

import os

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django.plugin import DjangoDbBlocker

from server.database import exit_if_outdated
from tests import make
from tests.faults.http_client import HTTPClient
from tests.services.databases import is_sqlite
from tests.services.processes import wait_until
from tests.services.site import Serve

NOTE = """
CREATE TABLE noted (place text, timeout text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO noted VALUES (TG_TABLE_NAME, current_setting('statement_timeout'));
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON comments_comment FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER note AFTER INSERT OR UPDATE ON server_tick FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER note AFTER INSERT OR UPDATE ON accounts_user FOR EACH ROW EXECUTE FUNCTION note();
"""
REQUEST, JOB, COMMAND = "comments_comment", "server_tick", "accounts_user"


def noted() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT place, timeout FROM noted")
        return dict(cursor.fetchall())


@pytest.mark.skipif(is_sqlite(os.environ["DATABASE_URL"]), reason="SQLite has no such limit")
def test_only_requests_and_jobs_have_a_time_limit(serve: Serve, django_db_blocker: DjangoDbBlocker) -> None:
    site = serve()
    with django_db_blocker.unblock(), site.connected():
        with connection.cursor() as cursor:
            cursor.execute(NOTE)
        make.site()
        assert HTTPClient(site.url).post(make.essay("Time").get_absolute_url(), "A comment.").is_accepted
        account = ("--username=miriam", "--email=miriam@example.org")
        site.installation.manage("createsuperuser", "--no-input", *account, DJANGO_SUPERUSER_PASSWORD="a long password")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE server_tick SET due = now()")
            cursor.execute("DELETE FROM noted WHERE place = %s", [JOB])
        wait_until(lambda: JOB in noted(), "the worker to look at its schedule")
        assert noted() == {REQUEST: "10s", JOB: "10s", COMMAND: "0"}


@pytest.mark.django_db
def test_a_database_from_before_the_migrations_were_rewritten_is_named_with_the_way_to_reset_it() -> None:
    exit_if_outdated()
    MigrationRecorder(connection).record_applied("moderation", "0003_first_reasons")
    with pytest.raises(SystemExit, match="cannot be updated"):
        exit_if_outdated()


@pytest.mark.django_db
def test_a_database_whose_migrations_were_rewritten_in_place_is_named_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE blog_redirect RENAME COLUMN old_path TO old")
    with pytest.raises(SystemExit, match="cannot be updated"):
        exit_if_outdated()
