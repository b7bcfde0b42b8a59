"""bin/release and bin/upgrade, in repositories and beside a site of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.processes import Process, stopped_at_end

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = "# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026-12-01\n\n### Added\n\n- Releases.\n\n## 1.1.0\n\n- Old.\n"

# A site that starts its next processes at SIGHUP, unless the installed version is broken.
SERVE = """\
trap 'if [ "$(cat version)" != broken ]; then count=$((count + 1)) && echo "$$ $count" >"$PID_FILE"; fi' HUP
trap 'rm "$PID_FILE"; exit' TERM
count=1
echo "$$ $count" >"$PID_FILE"
while :; do sleep 0.02; done
"""
PYTHON = """\
#!/bin/sh
[ "$1" != -m ] || exit 0
case $* in */readyz*) ;; *) exec "$REAL" "$@" ;; esac
"""
MANAGE = """\
#!/bin/sh
echo "$(cat version): $1 $([ -e data/read-only ] && echo while read-only)" >>log
case $* in
*touch*) mkdir -p data/backups && : >data/read-only ;;
shell*) echo 1 "$PWD/data" ;;
backup*) : >"$2"; [ "$(cat data/full 2>/dev/null)" = "" ] ;;
migrate*--check) ! grep -qx "$(cat version)" migrations ;;
esac
"""


class Repository:
    """A clone of a repository with releases, with scripts of the real one and a pretended site."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.tree = folder / "origin", folder / "site"
        (self.origin / "bin").mkdir(parents=True)
        for name in ("upgrade", "release"):
            shutil.copy(ROOT / "bin" / name, self.origin / "bin")
        for name, text in {"bin/setup": "#!/bin/sh\n", "bin/manage": MANAGE, "manage.py": SERVE}.items():
            (self.origin / name).write_text(text)
            (self.origin / name).chmod(0o755)
        (self.origin / ".gitignore").write_text("/.venv\n/data\n/log\n")
        (self.origin / "migrations").write_text("migrated\n")
        self.git("init", "--quiet", at=self.origin)
        self.commit("old", "v1.0.0")
        self.git("clone", "--quiet", str(self.origin), str(self.tree), at=folder)
        self.data = self.tree / "data"
        self.data.mkdir()
        (self.tree / ".venv/bin").mkdir(parents=True)
        (self.tree / ".venv/bin/python").write_text(PYTHON)
        (self.tree / ".venv/bin/python").chmod(0o755)
        self.pid_file = self.data / f"serve-{os.uname().nodename}.pid"

    def git(self, *arguments: str, at: Path | None = None) -> None:
        person = ["-c", "user.name=Owner", "-c", "user.email=owner@example.org"]
        subprocess.run(["git", *person, *arguments], cwd=at or self.tree, check=True, capture_output=True)

    def commit(self, version: str, tag: str) -> None:
        (self.origin / "version").write_text(f"{version}\n")
        self.git("add", ".", at=self.origin)
        self.git("commit", "--quiet", "--message", version, at=self.origin)
        self.git("tag", "--annotate", "--message", version, tag, at=self.origin)

    def upgrade(self) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "REJOINDER_PATIENCE": "6", "REAL": sys.executable, "REJOINDER_SERVICE": "no-such"}
        return subprocess.run(["bin/upgrade"], cwd=self.tree, env=environment, capture_output=True, text=True)

    @property
    def version(self) -> str:
        return (self.tree / "version").read_text().strip()

    @property
    def log(self) -> list[str]:
        return (self.tree / "log").read_text().splitlines()

    def serve(self) -> Process:
        environment = {**os.environ, "PID_FILE": str(self.pid_file)}
        command = ["env", "--default-signal=HUP", "sh", "manage.py", "serve"]  # else it is ignored below nohup
        process = Process(command, log=self.data / "serve.log", environment=environment, folder=self.tree)
        process.wait_until(self.pid_file.exists, "the pretended site")
        return process


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def process(repository: Repository) -> Iterator[Process]:
    with stopped_at_end(repository.serve()) as process:
        yield process


def test_an_upgrade_backs_up_migrates_and_reloads_a_read_only_site(repository: Repository, process: Process) -> None:
    repository.commit("migrated", "v1.10.0")
    repository.commit("older", "v1.9.0")
    done = repository.upgrade()
    assert done.returncode == 0, done.stderr
    assert repository.version == "migrated", "v1.10.0 is newer than v1.9.0"
    assert [line for line in repository.log if "shell" not in line] == [
        "old: backup while read-only",
        "migrated: migrate while read-only",
        "migrated: migrate while read-only",
    ]
    assert repository.pid_file.read_text() == f"{process.pid} 2\n"
    assert [path.name for path in repository.data.iterdir() if path.name == "read-only"] == []
    assert "already" in repository.upgrade().stderr


@pytest.mark.parametrize("is_migrated", [False, True])
def test_a_version_that_does_not_answer_is_taken_back(
    repository: Repository, process: Process, is_migrated: bool
) -> None:
    (repository.origin / "migrations").write_text("broken\n" if is_migrated else "")
    repository.commit("broken", "v2.0.0")
    done = repository.upgrade()
    assert done.returncode == 1
    assert repository.version == "old"
    restored = [line for line in repository.log if "restore" in line]
    if is_migrated:  # and no service manager starts the site again
        assert restored == ["old: restore while read-only"]
        assert not process.is_alive
        assert "Start the site, then delete" in done.stderr
    else:
        assert restored == []
        assert repository.pid_file.read_text() == f"{process.pid} 1\n"
        assert "v1.0.0 is serving again" in done.stderr
    assert (repository.data / "read-only").exists() == is_migrated


def test_without_a_backup_or_a_running_site_nothing_is_changed(repository: Repository, process: Process) -> None:
    repository.commit("new", "v1.1.0")
    (repository.data / "full").write_text("yes")
    assert "The backup failed, so nothing was changed." in repository.upgrade().stderr
    assert not (repository.data / "read-only").exists()
    (repository.tree / "version").write_text("mine")
    assert "changes of its own" in repository.upgrade().stderr
    repository.git("checkout", "version")
    os.kill(process.pid, signal.SIGTERM)
    process.popen.wait()
    assert "not running" in repository.upgrade().stderr
    assert repository.version == "old"


@pytest.fixture
def release(repository: Repository) -> Path:
    """A tree in which 1.2.0 can be released."""
    tree = repository.origin
    (tree / "CHANGELOG.md").write_text(CHANGELOG)
    (tree / "pyproject.toml").write_text('version = "1.2.0"\n')
    shutil.copytree(ROOT / "requirements", tree / "requirements", ignore=shutil.ignore_patterns("npm"))
    (tree / "deploy").mkdir()
    shutil.copy(ROOT / "deploy/sbom.py", tree / "deploy")
    (tree / ".gitignore").write_text("/dist\n")
    for name in ("tests/transfer/backup/kept/1.2.0.backup", "blog/migrations/0001_initial.py"):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_text("as released\n")
    repository.commit("new", "v1.1.0")
    return tree


def released(tree: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_COMMITTER_NAME": "Owner", "GIT_COMMITTER_EMAIL": "owner@example.org"}
    done = subprocess.run(["bin/release", *arguments], cwd=tree, env=environment, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else f"refused: {done.stderr}"


def test_a_release_is_a_tag_with_its_notes_and_an_sbom(release: Path) -> None:
    shown = released(release, "1.2.0", "--dry-run")
    assert "- Releases." in shown
    assert not (release / "dist").exists()
    assert released(release, "1.2.0").startswith("Tagged v1.2.0")
    message = subprocess.check_output(
        ["git", "tag", "--list", "--format=%(contents)", "v1.2.0"], cwd=release, text=True
    )
    assert "### Added\n\n- Releases." in message
    assert "Old" not in message
    sbom = json.loads((release / "dist/rejoinder-1.2.0.cdx.json").read_text())
    assert (sbom["bomFormat"], sbom["metadata"]["component"]["version"]) == ("CycloneDX", "1.2.0")
    pins = {
        line.split("==")[0] for line in (ROOT / "requirements/run.txt").read_text().splitlines() if "==" in line[:60]
    }
    names = {component["name"] for component in sbom["components"]}
    assert {name for name in pins if not name.startswith(" ")} <= names
    assert "already exists" in released(release, "1.2.0")


def test_a_release_is_refused_from_an_unfinished_tree(release: Path) -> None:
    assert "Set version" in released(release, "1.3.0")
    (release / "pyproject.toml").write_text('version = "1.3.0"\n')
    assert "uncommitted changes" in released(release, "1.3.0")
    subprocess.run(
        ["git", "-c", "user.name=O", "-c", "user.email=o@example.org", "commit", "-qam", "1.3.0"],
        cwd=release,
        check=True,
    )
    assert "python -m tests.transfer.backup.keep" in released(release, "1.3.0")
    (release / ".git/info/exclude").write_text("*.backup\n")
    (release / "tests/transfer/backup/kept/1.3.0.backup").touch()
    assert "CHANGELOG.md has no section 1.3.0" in released(release, "1.3.0")


def changed_since_release(tree: Path) -> list[str]:
    """Return the migrations and kept backups of the last release that are not as it had them.

    Without git or a tag, as in a source archive or before the first release, there are none.
    """
    if (git := shutil.which("git")) is None:
        return []
    describe = ["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"]
    found = subprocess.run([git, *describe], cwd=tree, capture_output=True, text=True)
    if found.returncode:
        return []
    paths = ["*/migrations/[0-9]*.py", "tests/transfer/backup/kept/"]
    changed = ["diff", "--name-only", "--no-renames", "--diff-filter=a", found.stdout.strip(), "--", *paths]
    return subprocess.check_output([git, *changed], cwd=tree, text=True).splitlines()


def test_after_a_release_its_migrations_and_its_kept_backup_are_never_changed() -> None:
    assert changed_since_release(ROOT) == [], "add a migration instead; sites have applied these"


def test_a_changed_migration_of_a_release_is_found(release: Path) -> None:
    (release / "blog/migrations/0002_new.py").write_text("new\n")
    assert changed_since_release(release) == []
    (release / "blog/migrations/0001_initial.py").write_text("changed\n")
    (release / "tests/transfer/backup/kept/1.2.0.backup").unlink()
    changed = changed_since_release(release)
    assert changed == ["blog/migrations/0001_initial.py", "tests/transfer/backup/kept/1.2.0.backup"]
    shutil.rmtree(release / ".git")
    assert changed_since_release(release) == []
