"""The cost of importing one essay with many comments from WordPress: peak memory, and CPU time per 1,000 comments."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from tests.bench import corpus
from tests.services.site import ROOT, Installation, new_installation
from tests.transfer.exports import HEAD, element

COUNTS = tuple(int(each) for each in os.environ.get("BENCH_COMMENTS", "10000 50000 100000").split())
BEGIN = datetime.fromisoformat("2019-01-01 00:00:00")
PEOPLE = 10  # comments per guest


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        kind = os.environ["DATABASE_URL"].partition(":")[0]
        print(f"import of one essay, {kind}\n{'comments':>10}{'peak MB':>10}{'CPU ms / 1,000':>16}")
        for count in COUNTS:
            file = Path(name) / "export.xml"
            with file.open("w", encoding="utf-8") as out:
                out.writelines(parts(count))
            (folder := Path(name) / str(count)).mkdir()
            with new_installation(os.environ["DATABASE_URL"], folder) as installation:
                megabytes, seconds = measure(installation, file)
            print(f"{count:>10,}{megabytes:>10.0f}{seconds * 1_000_000 / count:>16.0f}", flush=True)


def parts(count: int) -> Iterator[str]:
    """An export of one post, in threads of about four comments."""
    random = Random(count)
    fields = {"post_id": 1, "post_type": "post", "status": "publish", "post_name": "of-many", "comment_status": "open",
              "post_date_gmt": "2019-01-01 00:00:00"}  # fmt: skip
    yield HEAD.format(version="1.2", site="https://old.example")
    yield "<item>" + element("title", "Of many") + "".join(element(f"wp:{key}", value) for key, value in fields.items())
    yield element("content:encoded", corpus.text(random, 1500))
    for number, parent in enumerate(corpus.parents(count, random, 0.28, 6), 1):
        guest = random.randrange(max(1, count // PEOPLE))
        comment = {
            "id": number, "author": f"Reader {guest}", "author_email": f"reader{guest}@example.org", "author_url": "",
            "date": BEGIN + timedelta(minutes=number), "date_gmt": BEGIN + timedelta(minutes=number),
            "content": corpus.text(random), "approved": 1, "type": "comment", "parent": 0 if parent is None else parent + 1,
            "user_id": 0,
        }  # fmt: skip
        yield f"<wp:comment>{''.join(element(f'wp:comment_{key}', value) for key, value in comment.items())}</wp:comment>\n"
    yield "</item></channel></rss>"


def measure(installation: Installation, file: Path) -> tuple[float, float]:
    """Return the command's peak memory in MB and its CPU seconds."""
    command = [sys.executable, "manage.py", "import", "wordpress", str(file)]
    running = subprocess.Popen(command, cwd=ROOT, env=installation.environment(), stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit("The import failed.")
    return used.ru_maxrss / 1024, used.ru_utime + used.ru_stime
