"""What is checked before the site or any command starts: one line says what is wrong, and the status is 2."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.site import ROOT, Installation

pytestmark = pytest.mark.once


def refused(installation: Installation, *command: str, **environment: str | None) -> str:
    """Run a command that has to stop with status 2, and return the one line that it prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=installation.environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("missing", ["storages", "boto3"])
@pytest.mark.parametrize("command", ["serve", "worker", "doctor"])
def test_a_bucket_without_its_packages_stops_every_command(tmp_path: Path, command: str, missing: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules[{missing!r}] = None\n")
    installation = Installation(tmp_path, "sqlite://:memory:")
    line = refused(installation, command, S3_BUCKET="pictures", PYTHONPATH=str(tmp_path))
    assert line.endswith("Run: bin/setup --with s3")
