"""A backup made while people post, like and upload holds one moment of the site, and is restored on both databases."""

import json
import os
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import RUNS_ALL
from tests.faults.conftest import Forum
from tests.services.databases import database, is_sqlite
from tests.services.site import Installation

ROUNDS = 10 if RUNS_ALL else 1
WRITERS, MOST = 4, 100 if RUNS_ALL else 25  # comments by each, at most


def restored(backup: Path, folder: Path, like: str, held: ExitStack) -> Installation:
    """Restore a backup on a new database of the kind that the URL names."""
    data = folder / "data"
    data.mkdir(parents=True)
    site = Installation(data, held.enter_context(database(like, folder)))
    site.manage("restore", "--send-waiting", str(backup))
    return site


def content(backup: Path) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the sorted rows of each table, and the checksums of the files."""
    with zipfile.ZipFile(backup) as archive:
        files = json.loads(archive.read("manifest.json"))["files"]
        rows = {name: archive.read(name).decode().split("\n") for name in files if name.startswith("rows/")}
    tables = {
        name: sorted(json.dumps(dict(zip(json.loads(first), json.loads(row), strict=True)), sort_keys=True) for row in rest if row)
        for name, (first, *rest) in rows.items()
    }  # fmt: skip
    return tables, {name: checksum for name, checksum in files.items() if name.startswith("media/")}


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_backup_under_load_is_restored_whole_here_and_on_the_other_database(
    busy_forum: Forum, tmp_path: Path, number: int
) -> None:
    forum, site = busy_forum, busy_forum.server.installation
    media = site.data_dir / "media" / "images"
    media.mkdir(parents=True, exist_ok=True)
    roots = forum.create_roots(2)
    before = forum.stored_texts()
    is_over = threading.Event()

    def write(writer: int) -> int:
        client, count = forum.client(writer + 1), 0
        while not is_over.is_set() and count < MOST:
            count += 1
            client.post(
                forum.essay, f"Round {number}: {count} by {writer}", parent=roots[count % 2], name=f"Writer{writer}"
            )
            client.request("POST", f"/comments/{roots[count % 2]}/like/", "like=1")
            (media / f"{number}-{writer}-{count}.jpg").write_bytes(f"{writer}-{count}".encode() * 1000)
            (media / f"{number}-{writer}-{count - 3}.jpg").unlink(missing_ok=True)
        return count

    with ThreadPoolExecutor(WRITERS) as pool:
        written = [pool.submit(write, writer) for writer in range(WRITERS)]
        try:
            site.manage("backup", str(tmp_path / "loaded.backup"))
        finally:
            is_over.set()
        assert all(each.result() for each in written)

    with ExitStack() as held:
        own = os.environ["DATABASE_URL"]
        there_and_back = [f"sqlite:///{tmp_path}/any", own]
        kinds = [own] if is_sqlite(own) else there_and_back[: 2 if RUNS_ALL else 1]
        source = tmp_path / "loaded.backup"
        texts = set(forum.stored_texts())  # of now: more than when the backup was made
        for step, like in enumerate(kinds):
            there = restored(source, tmp_path / str(step), like, held)
            assert "No problems" in there.manage("check_threads")
            again = tmp_path / f"{step}.backup"
            there.manage("backup", str(again))
            assert content(again) == content(source)
            source = again
        kept = {json.loads(row)["text"] for row in content(source)[0]["rows/comments.wording.jsonl"]}
        assert set(before) <= kept
        assert {text for text in kept if text.startswith(f"Round {number}:")} <= texts
