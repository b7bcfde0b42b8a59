"""Lighthouse, which loads a page as a slow phone does and scores it from 0 to 100 in four categories."""

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.services.chromium import FEATURES, chromium_path
from tests.services.processes import Process, free_port, is_listening, stopped_at_end

CLI = Path(__file__).resolve().parents[2] / ".venv/npm/node_modules/lighthouse/cli/index.js"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
# Nothing that makes a page slower than it is for readers, unlike in the other tests: no flag that changes the speed of
# scripts, and a feature that Playwright turns off stays on.
OFF = ",".join(feature for feature in FEATURES if feature != "PaintHolding")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
OPTIONS = ["--output=json", "--quiet", "--disable-full-page-screenshot"]
TIMEOUT = 300  # seconds


def lost_points(url: str, folder: Path, categories: tuple[str, ...] = CATEGORIES) -> dict[str, str]:
    """Load the page as on a phone, and return each category below 100 with its score and the failed audits."""
    with chromium_with_port(folder) as port:
        options = [*OPTIONS, f"--port={port}", f"--only-categories={','.join(categories)}"]
        result = subprocess.run(["node", str(CLI), url, *options], capture_output=True, text=True, timeout=TIMEOUT)
    assert result.returncode == 0, result.stderr[-3000:]
    report = json.loads(result.stdout)
    assert set(report["categories"]) == set(categories)
    return {
        name: f"{round(category['score'] * 100)}: {'; '.join(failed_audits(category, report['audits']))}"
        for name, category in report["categories"].items()
        if round(category["score"] * 100) < 100
    }


def failed_audits(category: dict[str, Any], audits: dict[str, Any]) -> Iterator[str]:
    """Describe each audit that lowers the category's score: its title, its value and the first element."""
    for reference in category["auditRefs"]:
        audit = audits[reference["id"]]
        if reference["weight"] and audit["score"] is not None and audit["score"] < 1:
            items = audit.get("details", {}).get("items", [])
            elements = [item["node"]["snippet"] for item in items if "node" in item]
            yield " ".join([audit["title"], audit.get("displayValue", ""), *elements[:1]])


@contextlib.contextmanager
def chromium_with_port(folder: Path) -> Iterator[int]:
    """Start Chromium with a new profile and return the port through which Lighthouse drives it."""
    assert CLI.exists(), "Lighthouse is missing: bin/test --all installs it."
    port = free_port()
    profile = tempfile.mkdtemp(dir=folder)
    options = [*FLAGS, f"--disable-features={OFF}", f"--user-data-dir={profile}"]
    command = [chromium_path() or "chromium", *options, f"--remote-debugging-port={port}"]
    with stopped_at_end(Process(command, log=folder / "chromium.log")) as process:
        run_before_others(process.pid)
        process.wait_until(lambda: is_listening(port), "Chromium’s port")
        yield port


def run_before_others(pid: int) -> None:
    """Prefer the process and its children over others, where permitted, because other work lowers the score."""
    with contextlib.suppress(PermissionError, AttributeError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))
