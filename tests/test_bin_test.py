"""bin/test names what a machine lacks in one line, before any test runs."""

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
    add_program(tree / "bin/setup")
    add_program(programs / "id", "echo 1000")
    for name in ("chromium-headless-shell", "chromium", "redis-server"):
        add_program(programs / name)
    return tree


def add_program(file: Path, line: str = "exit 0") -> None:
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": str(tree.parent / "programs"), "CHROMIUM": "/usr/bin/true"}
    return subprocess.run([tree / "bin/test", *arguments], env=environment, capture_output=True, text=True)


@pytest.fixture
def complete_tree(tree: Path) -> Path:
    """A tree with everything that bin/test requires, and interpreters that print their arguments."""
    add_program(tree.parent / "programs/java")
    add_program(tree.parent / "programs/npm")
    shutil.copytree(tree / "requirements/npm", tree / ".venv/npm")
    validator = tree / ".venv/npm/node_modules/vnu-jar/build/dist/vnu.jar"
    validator.parent.mkdir(parents=True)
    validator.touch()
    add_program(tree / "bin/setup", 'echo "setup $*"')
    for folder in (".venv", ".venv-3.12"):
        (tree / folder / "bin").mkdir(parents=True)
        add_program(tree / folder / "bin/python", f'echo "{folder} $*"')
    return tree


def test_bin_test_names_the_packages_that_are_missing(tree: Path) -> None:
    done = run(tree)
    assert done.returncode == 1
    assert "as root: apt-get install default-jre-headless npm" in done.stderr


def test_all_requires_two_more_browsers_and_lighthouse(complete_tree: Path) -> None:
    (complete_tree.parent / "programs/npm").unlink()
    assert run(complete_tree).returncode == 0
    done = run(complete_tree, "--all")
    assert done.returncode == 1
    assert "as root: apt-get install npm firefox-esr webkit2gtk-driver xvfb" in done.stderr


def test_bin_test_fails_if_npm_cannot_install_the_validator(tree: Path) -> None:
    add_program(tree.parent / "programs/java")
    add_program(tree.parent / "programs/npm", "exit 1")
    done = run(tree)
    assert done.returncode == 1
    assert "The HTML validator could not be installed" in done.stderr


@pytest.mark.parametrize("chosen", [("--python", "3.12"), ("--python=3.12",)])
def test_a_chosen_interpreter_runs_the_tests_and_is_not_passed_to_pytest(
    complete_tree: Path, chosen: tuple[str, ...]
) -> None:
    done = run(complete_tree, "-k", "1 or two", *chosen, "tests/blog")
    assert done.stdout.splitlines() == ["setup dev --python 3.12", ".venv-3.12 -m tests -k 1 or two tests/blog"]


def test_without_a_choice_the_default_environment_runs_the_tests(complete_tree: Path) -> None:
    assert run(complete_tree, "tests/blog").stdout.splitlines() == ["setup dev", ".venv -m tests tests/blog"]


def test_a_choice_without_a_version_shows_the_usage(complete_tree: Path) -> None:
    done = run(complete_tree, "tests/blog", "--python")
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: bin/test [--python 3.N]")


def test_a_missing_interpreter_ends_the_run(complete_tree: Path) -> None:
    add_program(complete_tree / "bin/setup", "exit 1")
    done = run(complete_tree, "--python", "3.12")
    assert (done.returncode, done.stdout) == (1, "")


def test_prepare_installs_and_runs_no_tests(complete_tree: Path) -> None:
    done = run(complete_tree, "--prepare")
    assert (done.returncode, done.stdout) == (0, "setup dev\n")
