"""What is checked before the site or any command starts: one line says what is wrong, and the status is 2."""

import os
import re
import stat
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from PIL import Image

from server.file_modes import count_open
from tests.services.processes import free_port, wait_until
from tests.services.site import ROOT, Installation, Server
from tests.transfer.exports import export, item

pytestmark = pytest.mark.once
NOBODY = 65534


def refused(installation: Installation, *command: str, user: int | None = None, **environment: str | None) -> str:
    """Run a command that has to stop with status 2, and return the one line that it prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=installation.environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        user=user,
        group=user,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("missing", ["storages", "boto3"])
@pytest.mark.parametrize("command", ["serve", "worker", "doctor"])
def test_a_bucket_without_its_packages_stops_every_command(tmp_path: Path, command: str, missing: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules[{missing!r}] = None\n")
    installation = Installation(tmp_path, f"sqlite:///{tmp_path}/site.sqlite3")
    line = refused(installation, command, S3_BUCKET="pictures", PYTHONPATH=str(tmp_path))
    assert line.endswith("Run: bin/setup --with s3")


# Files are closed to other users


@pytest.fixture
def _open_umask() -> Iterator[None]:
    """New files are open to everyone, unless whoever creates them says otherwise."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes_in(folder: Path) -> dict[str, str]:
    paths = [folder, *folder.rglob("*")]
    return {str(path): stat.filemode(path.lstat().st_mode) for path in paths if not path.is_symlink()}


def modes_of_checkout() -> dict[str, str]:
    """Those of the program's own files: what other tests leave beside them changes meanwhile."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name and (ROOT / name).exists()]
    paths = {ROOT, *files, *(file.parent for file in files)}
    return {str(path): stat.filemode(path.lstat().st_mode) for path in paths}


def are_private(folder: Path) -> bool:
    found = modes_in(folder)
    assert set(found.values()) <= {"drwx------", "-rw-------"}, found
    return True


def old_site(folder: Path) -> Path:
    """An export of another site with one picture, and that site's uploads."""
    picture = folder / "wp-content/uploads/2019/03/hill.jpg"
    picture.parent.mkdir(parents=True)
    Image.new("RGB", (30, 20)).save(picture)
    body = '<img src="https://old.example/wp-content/uploads/2019/03/hill.jpg">'
    (folder / "export.xml").write_text(export(item(1, body=body)))
    return folder


def post_comment(server: Server) -> None:
    essay = re.search(r'href="(/\d{4}/\d\d/\d\d/[^/"]+/)"', read(server.url))
    assert essay
    fields = {"text": "A thought.", "name": "Ines", "email": "ines@example.org", "notify_replies": "on"}
    request = urllib.request.Request(
        f"{server.url}{essay[1]}respond/", urlencode(fields).encode(), {"Origin": server.url}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.status == 200


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as response:
        return str(response.read().decode())


@pytest.mark.usefixtures("_open_umask")
def test_everything_below_data_dir_is_created_for_its_owner_alone(tmp_path: Path) -> None:
    """With a database, its log and index, a key, emails, pictures and static files, and outside of it nothing changes."""
    before = modes_of_checkout()
    data = tmp_path / "new" / "data"
    site = Installation(data, f"sqlite:///{data / 'rejoinder.sqlite3'}")
    production: dict[str, Any] = {"SECRET_KEY": None, "EMAIL_URL": None, "DEBUG": None}
    old = old_site(tmp_path / "old")
    commands = [
        ["migrate", "--verbosity=0"],
        ["import", "wordpress", str(old / "export.xml"), "--media", str(old)],
        ["sendtestemail", "ines@example.org"],
    ]
    run_all = f"from django.core.management import call_command\nfor command in {commands!r}: call_command(*command)"
    site.manage("shell", "--verbosity=0", "--command", run_all, **production)  # one start for all three
    server = Server(site, **production)
    try:
        post_comment(server)
        made = modes_in(data)
        assert {str(data / f"rejoinder.sqlite3{end}") for end in ("", "-wal", "-shm")} < made.keys()
        for name in ("secret_key", "mail/*.log", "media/**/*.jpg", "static/**/*.css", "static/**/*.br"):
            assert any(data.glob(name)), name
        assert are_private(data)
        assert stat.S_IMODE(data.parent.stat().st_mode) == 0o777, "only DATA_DIR is ours"
    finally:
        server.stop()
    assert modes_of_checkout() == before


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_open_modes_are_corrected_at_the_start(installation: Installation, tmp_path: Path, command: str) -> None:
    outside = tmp_path / "outside"
    outside.write_text("not ours")
    outside.chmod(0o644)
    (installation.data_dir / "link").symlink_to(outside)
    for path in [installation.data_dir, *installation.data_dir.rglob("*")]:
        if not path.is_symlink() and "static" not in path.parts:  # whose files other sites share
            path.chmod(0o777 if path.is_dir() else 0o666)
    running = subprocess.Popen(
        [sys.executable, "manage.py", command, *(["--port", str(free_port())] if command == "serve" else [])],
        cwd=ROOT,
        env=installation.environment(DEBUG=None),
    )
    try:
        wait_until(lambda: stat.S_IMODE(installation.data_dir.stat().st_mode) == 0o700, "closed")
        wait_until(lambda: not count_open(installation.data_dir), "closed")
    finally:
        running.terminate()
        running.wait(30)
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


# Whose they are


@pytest.fixture
def strange(tmp_path: Path) -> Installation:
    """A site of another user."""
    if os.geteuid() != 0:
        pytest.skip("Only root can give a folder to another user.")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    os.chown(data, NOBODY, -1)
    return Installation(data, "sqlite://:memory:")


@pytest.mark.parametrize(
    "command", [["serve"], ["worker"], ["migrate"], ["doctor"], ["export", "markdown", "/dev/null"]]
)
def test_root_is_stopped_where_another_user_owns_data_dir(strange: Installation, command: list[str]) -> None:
    line = refused(strange, *command, SECRET_KEY=None)
    assert line == f"{strange.data_dir} belongs to nobody, not to root. Run this as nobody: sudo -u nobody …"
    assert list(strange.data_dir.iterdir()) == []


def test_an_owner_without_a_name_is_told_by_number(strange: Installation) -> None:
    os.chown(strange.data_dir, 54321, -1)
    assert refused(strange, "migrate").endswith("Run this as #54321: sudo -u '#54321' …")


@pytest.mark.parametrize("command", [["serve"], ["migrate"]])
def test_another_user_is_stopped_where_root_owns_data_dir(command: list[str]) -> None:
    if os.geteuid() != 0:
        pytest.skip("Only root can become another user.")
    if subprocess.run([sys.executable, "-c", "import django"], cwd=ROOT, user=NOBODY, group=NOBODY).returncode:
        pytest.skip("Other users cannot use this checkout.")
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        data = Path(place, "data")
        data.mkdir(mode=0o700)
        site = Installation(data, "sqlite://:memory:")
        hidden = refused(site, *command, SECRET_KEY=None, user=NOBODY)
        assert (
            hidden
            == f"The user nobody cannot open DATA_DIR {data}: Permission denied. {place} belongs to root. Set DATA_DIR to a folder that this user can use."
        )
        Path(place).chmod(0o755)
        seen = refused(site, *command, SECRET_KEY=None, user=NOBODY)
        assert seen == f"{data} belongs to root, not to nobody. Run this as root: sudo -u root …"
        assert list(data.iterdir()) == []


@pytest.mark.parametrize(
    "folder", ["/", "/tmp", "/var/lib", str(ROOT), str(ROOT.parent)], ids=["root", "tmp", "lib", "checkout", "above"]
)
def test_a_data_dir_that_is_not_the_sites_own_is_refused(folder: str) -> None:
    before = Path(folder).stat().st_mode
    line = refused(Installation(Path(folder), "sqlite://:memory:"), "doctor")
    assert line == f"DATA_DIR cannot be {folder}. Choose a folder that nothing else uses."
    assert Path(folder).stat().st_mode == before
