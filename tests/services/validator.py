"""The HTML validator of the W3C (vnu), which checks a folder of pages in one start of Java."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

JAR = Path(__file__).resolve().parents[2] / ".venv/npm/node_modules/vnu-jar/build/dist/vnu.jar"
# Only the faster compiler, as for short programs: half the time.
JAVA = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss4m", "-jar", str(JAR)]


def errors(pages: Mapping[str, str], folder: Path) -> dict[str, list[str]]:
    """Return the errors of each page by its name, without warnings."""
    assert JAR.exists(), "The HTML validator is missing: bin/test installs it."
    assert shutil.which("java"), "Java is missing: bin/test installs Debian's default-jre-headless."
    names = {}
    for number, (name, html) in enumerate(pages.items()):
        names[f"{number}.html"] = name
        (folder / f"{number}.html").write_text(html, encoding="utf-8")
    options = ["--format", "json", "--errors-only", "--exit-zero-always", str(folder)]
    result = subprocess.run([*JAVA, *options], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    errors_by_page: dict[str, list[str]] = {}
    for message in json.loads(result.stderr)["messages"]:
        name = names.get(PurePosixPath(message.get("url", "")).name, "the validator itself")
        errors_by_page.setdefault(name, []).append(describe(message))
    return errors_by_page


def describe(message: dict[str, Any]) -> str:
    return f"line {message.get('lastLine', '?')}: {message['message']} {message.get('extract', '')}"
