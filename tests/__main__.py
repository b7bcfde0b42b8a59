"""Runs the whole suite, on SQLite and PostgreSQL side by side: what bin/test calls once everything is installed."""

import argparse
import os
import signal
import subprocess
import sys

from tests.services.postgres import postgres

POPEN = "--tx=popen//id={half}//env:REJOINDER_HALF={half}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/test", epilog="Every other argument goes to pytest.")
    parser.add_argument("--all", action="store_true", help="the long sets and rounds too")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    options, rest = parser.parse_known_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leaves by the same way as Ctrl-C
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    if options.all:
        environment["REJOINDER_ALL"] = "1"
    if options.database == "sqlite":
        return pytest(rest, environment)
    with postgres() as url:
        if options.database == "postgres":
            return pytest(rest, {**environment, "DATABASE_URL": url})
        # Each of two workers runs every test that touches a database; conftest.py shares out the others.
        halves = ["--dist=each", *(POPEN.format(half=half) for half in ("sqlite", "postgres"))]
        return pytest([*halves, *rest], {**environment, "REJOINDER_POSTGRES": url})


def pytest(arguments: list[str], environment: dict[str, str]) -> int:
    running = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], env=environment)
    try:
        return running.wait()
    except KeyboardInterrupt:  # reached pytest too, which ends what its fixtures started
        return running.wait()
    finally:
        running.terminate()
        running.wait()


if __name__ == "__main__":
    sys.exit(main())
