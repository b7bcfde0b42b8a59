"""bin/manage reads the file with the site's variables, and names a line that it cannot use."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("line", ["export SECRET_KEY=sesame", "sesame", "SITE_URL = sesame", "=sesame"])
def test_a_line_that_is_no_variable_is_named_without_its_value(tmp_path: Path, line: str) -> None:
    file = tmp_path / "site.env"
    file.write_text(f"# The site\n; and more\n\n  PORT=8000\n{line}\n")
    environment = {**os.environ, "REJOINDER_ENV": str(file)}
    refused = subprocess.run(["bin/manage", "version"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"Line 5 of {file} must be NAME=value")
    assert "sesame" not in refused.stderr
