"""SIGKILL while passages move to a new text: all are in the old one or in the new one, and the job runs again."""

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import RUNS_ALL
from tests.services.site import ROOT

if TYPE_CHECKING:
    from tests.services.site import Installation

KILLS = 20 if RUNS_ALL else 3


@pytest.mark.once
def test_killed_at_any_statement_no_passage_is_lost_or_left_halfway(installation: "Installation") -> None:
    command = [sys.executable, "-m", "tests.faults.moving", str(KILLS)]
    done = subprocess.run(command, cwd=ROOT, env=installation.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "killed": KILLS + 1, "old": KILLS, "new": 0, "other": 0, "committed": 1, "finished": 1, "again": 1,
    }  # fmt: skip
