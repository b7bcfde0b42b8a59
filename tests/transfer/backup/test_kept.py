"""Backups of older versions are restored with everything in them: one of each is kept."""

import json
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
