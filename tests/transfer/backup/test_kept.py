"""Backups of older versions are restored with everything in them: one of each is kept."""

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.transfer.backup.keep import KEPT, summary

if TYPE_CHECKING:
    from tests.services.site import Installation

pytestmark = pytest.mark.once
CHANGED = """If the tables changed before this version's release: python -m tests.transfer.backup.keep"""


@pytest.mark.parametrize("file", sorted(KEPT.glob("*.backup")), ids=lambda file: str(file.stem))
def test_a_kept_backup_is_restored(
    installation: "Installation", django_db_blocker: DjangoDbBlocker, file: Path
) -> None:
    from comments.checking import problems

    assert "Restored the backup of" in installation.manage("restore", str(file)), CHANGED
    with django_db_blocker.unblock(), installation.connected():
        assert summary(installation.data_dir / "media") == json.loads(file.with_suffix(".json").read_text()), CHANGED
        assert list(problems()) == []


def test_spam_scores_of_version_0_1_0_are_restored(
    installation: "Installation", django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> None:
    from comments.models import Comment
    from comments.models.comment import UNSCORED
    from transfer.backup import archive

    file = tmp_path / "scored.backup"
    with zipfile.ZipFile(KEPT / "0.1.0.backup") as kept, archive.Writer(file) as scored:
        manifest = json.loads(kept.read("manifest.json"))
        for name in manifest.pop("files"):
            content = kept.read(name)
            if name == "rows/comments.wording.jsonl":
                columns, *rows = map(json.loads, content.splitlines())
                for row in rows[2:]:
                    row[columns.index("spam_score")] = row[columns.index("id")] / 10
                content = "\n".join(map(json.dumps, [columns, *rows])).encode() + b"\n"
            with scored.member(name) as member:
                member.write(content)
        scored.finish(manifest)
    installation.manage("restore", str(file))
    with django_db_blocker.unblock(), installation.connected():
        scores = dict(Comment.objects.order_by("pk").values_list("wording__text", "spam_score"))
    expected = {"A *root*": UNSCORED, "A better reply": 0.7, "Below": 0.3, "Wait": 0.4, "Buy this": 0.5, "Removed": 0.6}
    assert scores == expected
