"""The cost of imports: peak memory, and comments per second and per CPU second, of which PostgreSQL's are a part.

BENCH_COMMENTS: how many comments, BENCH_PER_ESSAY: how many on each essay, BENCH_FORMATS: which formats.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from django.db import connection

from tests.bench import corpus
from tests.bench.cpu import Clock
from tests.services.site import ROOT, Installation, new_installation
from tests.transfer.exports import HEAD, element

COUNTS = tuple(int(each) for each in os.environ.get("BENCH_COMMENTS", "10000 50000 100000").split())
PER_ESSAY = int(os.environ.get("BENCH_PER_ESSAY", "1000"))
BEGIN = datetime.fromisoformat("2019-01-01 00:00:00")
PEOPLE = 10  # comments per guest


def main() -> None:
    kind = os.environ["DATABASE_URL"].partition(":")[0]
    print(f"import of essays with {PER_ESSAY:,} comments each, {kind}")
    print(f"{'':<12}{'comments':>10}{'peak MB':>10}{'comments / s':>14}{'comments / CPU s':>18}")
    for name in os.environ.get("BENCH_FORMATS", " ".join(FORMATS)).split():
        for count in COUNTS:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "export"
                FORMATS[name](file, count)
                with new_installation(os.environ["DATABASE_URL"], Path(folder)) as installation:
                    megabytes, passed, used = measure(installation, name, file)
            speeds = f"{count / passed:>14,.0f}{count / used:>18,.0f}"
            print(f"{name:<12}{count:>10,}{megabytes:>10.0f}{speeds}", flush=True)


def essays(count: int, random: Random) -> Iterator[tuple[int, Iterator[tuple[int, int, str, datetime, str]]]]:
    """Yield essays by number, each with its comments: number, parent's number or 0, guest, time, text."""
    for first in range(0, count, PER_ESSAY):
        yield first // PER_ESSAY + 1, comments(first, min(PER_ESSAY, count - first), max(1, count // PEOPLE), random)


def comments(first: int, count: int, people: int, random: Random) -> Iterator[tuple[int, int, str, datetime, str]]:
    """Yield comments in threads of about four."""
    for number, parent in enumerate(corpus.parents(count, random, 0.28, 6), first + 1):
        answered = 0 if parent is None else first + parent + 1
        at = BEGIN + timedelta(minutes=number)
        yield number, answered, f"reader{random.randrange(people)}", at, corpus.text(random)


def write_wordpress(file: Path, count: int) -> None:
    """Write an export of WordPress."""
    random = Random(count)
    with file.open("w", encoding="utf-8") as out:
        out.write(HEAD.format(version="1.2", site="https://old.example"))
        for number, found in essays(count, random):
            fields = {
                "post_id": number, "post_type": "post", "status": "publish", "post_name": f"essay-{number}",
                "comment_status": "open", "post_date_gmt": BEGIN,
            }  # fmt: skip
            out.write("<item>" + element("title", f"Essay {number}"))
            out.writelines(element(f"wp:{key}", value) for key, value in fields.items())
            out.write(element("content:encoded", corpus.text(random, 1500)))
            for key, parent, guest, at, text in found:
                values = {
                    "id": key, "author": guest, "author_email": f"{guest}@example.org", "author_url": "", "date": at,
                    "date_gmt": at, "content": text, "approved": 1, "type": "comment", "parent": parent, "user_id": 0,
                }  # fmt: skip
                parts = "".join(element(f"wp:comment_{name}", value) for name, value in values.items())
                out.write(f"<wp:comment>{parts}</wp:comment>\n")
            out.write("</item>")
        out.write("</channel></rss>")


def write_markdown(file: Path, count: int) -> None:
    """Write an export as our own, which has all comments in one file."""
    random = Random(count)
    began = BEGIN.replace(tzinfo=UTC).isoformat()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(1, len(range(0, count, PER_ESSAY)) + 1):
            head = {
                "id": number,
                "title": f"Essay {number}",
                "slug": f"essay-{number}",
                "date": began,
                "created": began,
            }
            lines = "".join(f"{name}: {json.dumps(value)}\n" for name, value in head.items())
            packed.writestr(f"essay-{number}.md", f"---\n{lines}---\n\n{corpus.text(random, 1500)}\n")
        packed.writestr("site.json", json.dumps({"format": "rejoinder", "version": 1, "url": "https://old.example"}))
        with packed.open("comments.json", "w", force_zip64=True) as out:
            out.write(b"[")
            for number, found in essays(count, random):
                for key, parent, guest, at, text in found:
                    values = {
                        "id": key, "essay_id": number, "answers": parent or None, "status": "approved", "removed_by": "",
                        "name": guest, "username": None, "email": f"{guest}@example.org", "website": "",
                        "written": at.replace(tzinfo=UTC).isoformat(), "edited": None, "text": text, "format": "markdown",
                        "words": text,
                    }  # fmt: skip
                    out.write((",\n" if key > 1 else "\n").encode() + json.dumps(values).encode())
            out.write(b"\n]\n")


FORMATS: dict[str, Callable[[Path, int], None]] = {"wordpress": write_wordpress, "markdown": write_markdown}


def measure(installation: Installation, name: str, file: Path) -> tuple[float, float, float]:
    """Return the command's peak memory in MB, its seconds, and the CPU seconds of the command and of PostgreSQL."""
    server = Clock().server
    connection.close()
    before = seconds_of_ended(server)
    command = [sys.executable, "manage.py", "import", name, str(file)]
    began = time.monotonic()
    running = subprocess.Popen(command, cwd=ROOT, env=installation.environment(), stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(running.pid, 0)
    passed = time.monotonic() - began
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit("The import failed.")
    connected = seconds_of_ended(server) - before
    return used.ru_maxrss / 1024, passed, used.ru_utime + used.ru_stime + connected


def seconds_of_ended(process: int) -> float:
    """Return the CPU seconds of a process's children that have ended, such as PostgreSQL's for closed connections."""
    if not process:
        return 0.0
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[13:15]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
