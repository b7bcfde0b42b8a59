"""Uploads to import and finished exports in a bucket, which hosts without a common folder share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from pytest_django import Settings

from tests.services.bucket import Bucket, bucket
from tests.transfer.exports import FIXTURES
from transfer import files, jobs

pytestmark = pytest.mark.once
OLD_BLOG = (FIXTURES / "old-blog.xml").read_bytes()


@pytest.fixture
def server(settings: Settings, tmp_path: Path) -> Iterator[Bucket]:
    with bucket() as server:
        settings.S3_BUCKET, settings.DATA_DIR = "media", tmp_path
        settings.S3_OPTIONS = {
            "bucket_name": "media", "endpoint_url": server.url, "region_name": "eu", "access_key": "a",
            "secret_key": "b", "location": "site", "addressing_style": "path",
        }  # fmt: skip
        yield server


@pytest.mark.django_db
def test_an_upload_in_a_bucket_is_imported_and_deleted(server: Bucket, tmp_path: Path) -> None:
    files.save(jobs.upload_name("a1"), ContentFile(OLD_BLOG))
    assert server.files == {"/media/site/transfers/a1.upload": OLD_BLOG}
    upload: dict[str, Any] = {"token": "a1", "name": "old.xml", "kind": ""}
    checked = jobs.import_upload.call(**upload, is_dry_run=True)
    assert files.exists("a1.upload")
    made = jobs.import_upload.call(**upload, is_dry_run=False)
    assert made["report"]["counts"] == checked["report"]["counts"] != []
    assert not files.exists("a1.upload")
    assert server.files == {}
    with pytest.raises(jobs.Failed, match="no longer there"):
        jobs.import_upload.call(**upload, is_dry_run=False)
    assert list((tmp_path / "transfers").iterdir()) == []


@pytest.mark.django_db
def test_an_export_is_stored_in_a_bucket(server: Bucket, tmp_path: Path) -> None:
    jobs.export_site.call(token="b2", kind="wordpress")
    assert list(server.files) == ["/media/site/transfers/b2.xml"]
    with files.open_file("b2.xml") as file:
        assert file.read().startswith(b"<?xml")
    assert list((tmp_path / "transfers").iterdir()) == []


def test_old_files_in_a_bucket_are_deleted_unless_they_are_used(server: Bucket) -> None:
    for token in ("a1", "b2"):  # the bucket says that they are of November 26
        files.save(jobs.upload_name(token), ContentFile(b"x"))
    assert files.delete_old({"b2"}) == ["a1.upload"]
    assert list(server.files) == ["/media/site/transfers/b2.upload"]


def test_a_bucket_that_cannot_be_reached_is_an_os_error(settings: Settings, server: Bucket) -> None:
    settings.S3_OPTIONS = {**settings.S3_OPTIONS, "endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(OSError, match=r"127\.0\.0\.1:9"):
        files.exists("a1.upload")
