"""Run all benchmarks but `scale`, or the named ones, on SQLite and then on PostgreSQL; called by bin/bench."""

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
SCALE = "scale.comparing"  # fills two sites, which takes minutes
BY_NAME_ONLY = {"soak"}  # takes an hour
RUN = "import sys, importlib, config.wsgi; importlib.import_module(f'tests.bench.{sys.argv[1]}').main()"


@contextlib.contextmanager
def database(kind: str, folder: Path, keep: Path | None) -> Iterator[str]:
    if kind == "postgres":
        with postgres(keep) as url:
            yield url
    else:
        yield f"sqlite:///{(keep or folder) / 'bench.sqlite3'}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench", epilog="Benchmarks: " + ", ".join([*BENCHES, "scale"]))
    parser.add_argument("names", nargs="*", metavar="BENCH", help="benchmarks to run (default: all but soak and scale)")
    parser.add_argument("--minutes", type=float, default=60, help="how long “soak” runs (default: 60)")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--comments", type=int, default=1_000_000, help="for `scale`: comments of the larger site")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for `scale`: keep the filled databases here")
    parser.add_argument("--rounds", type=int, default=9, help="for `scale`: times that each request is measured")
    parser.add_argument("--only", default="", help="for `scale`: measure only what contains this text")
    parser.add_argument(
        "--parts", default="requests memory jobs backup", help="for `scale`: what to measure (default: %(default)s)"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - {*BENCHES, "scale"}:
        parser.error(f"unknown benchmark: {', '.join(sorted(unknown))}. Choose from: {', '.join([*BENCHES, 'scale'])}")
    if options.keep and options.names != ["scale"]:
        parser.error("--keep is only for `scale`.")
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        options.keep.chmod(0o755)  # PostgreSQL may run as another user
    worst = 0
    for kind in ("sqlite", "postgres") if options.database == "both" else (options.database,):
        with (
            tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name,
            database(kind, Path(name), options.keep) as url,
        ):
            (Path(name) / "static").mkdir()  # WhiteNoise looks for it
            environment = {
                **{key: value for key, value in os.environ.items() if key not in {"DEBUG", "SITE_URL", "CACHE_URL"}},
                "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": name, "DATABASE_URL": url,
                "BENCH_SITE_COMMENTS": str(options.comments), "BENCH_ROUNDS": str(options.rounds),
                "BENCH_ONLY": options.only, "BENCH_KEEP": str(options.keep or ""),
                "BENCH_PARTS": options.parts, "BENCH_MINUTES": str(options.minutes),
            }  # fmt: skip
            for bench in options.names or [bench for bench in BENCHES if bench not in BY_NAME_ONLY]:
                module = SCALE if bench == "scale" else bench
                done = subprocess.run([sys.executable, "-c", RUN, module], env=environment)
                worst = worst or done.returncode
                print(flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main())
