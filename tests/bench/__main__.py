"""Run all benchmarks, or the named ones, on SQLite and then on PostgreSQL; called by bin/bench."""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.services.postgres import postgres

BENCHES = sorted(
    file.stem for file in Path(__file__).parent.glob("[a-z]*.py") if "\ndef main() -> None:" in file.read_text()
)
RUN = "import sys, importlib, config.wsgi; importlib.import_module(f'tests.bench.{sys.argv[1]}').main()"


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "postgres":
        with postgres() as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'bench.sqlite3'}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench", epilog="Benchmarks: " + ", ".join(BENCHES))
    parser.add_argument("names", nargs="*", metavar="BENCH", help="benchmarks to run (default: all)")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHES):
        parser.error(f"unknown benchmark: {', '.join(sorted(unknown))}. Choose from: {', '.join(BENCHES)}")
    worst = 0
    for kind in ("sqlite", "postgres") if options.database == "both" else (options.database,):
        with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name, database(kind, Path(name)) as url:
            (Path(name) / "static").mkdir()  # WhiteNoise looks for it
            environment = {
                **{key: value for key, value in os.environ.items() if key not in {"DEBUG", "SITE_URL", "CACHE_URL"}},
                "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": name, "DATABASE_URL": url,
            }  # fmt: skip
            for bench in options.names or BENCHES:
                done = subprocess.run([sys.executable, "-c", RUN, bench], env=environment)
                worst = worst or done.returncode
                print(flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main())
