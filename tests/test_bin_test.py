"""bin/test says in one line what a machine lacks, before any test runs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("cmp", "cp", "dirname", "mkdir", "rm", "sh")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the tree for a person who is not root and has a browser and Redis."""
    tree, programs = tmp_path / "tree", tmp_path / "programs"
    shutil.copytree(ROOT / "requirements/npm", tree / "requirements/npm")
    (tree / "bin").mkdir()
    (tree / ".venv").mkdir()
    programs.mkdir()
    shutil.copy(ROOT / "bin/test", tree / "bin")
    for tool in TOOLS:
        (programs / tool).symlink_to(str(shutil.which(tool)))
    program(tree / "bin/setup")
    program(programs / "id", "echo 1000")
    for name in ("chromium-headless-shell", "chromium", "redis-server"):
        program(programs / name)
    return tree


def program(file: Path, line: str = "exit 0") -> None:
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def run(tree: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": str(tree.parent / "programs"), "CHROMIUM": "/usr/bin/true"}
    return subprocess.run([tree / "bin/test"], env=environment, capture_output=True, text=True)


def test_bin_test_names_the_packages_that_are_missing(tree: Path) -> None:
    done = run(tree)
    assert done.returncode == 1
    assert "as root: apt-get install default-jre-headless npm" in done.stderr


def test_bin_test_fails_if_npm_cannot_install_the_validator(tree: Path) -> None:
    program(tree.parent / "programs/java")
    program(tree.parent / "programs/npm", "exit 1")
    done = run(tree)
    assert done.returncode == 1
    assert "The HTML validator could not be installed" in done.stderr
