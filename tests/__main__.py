"""Run the whole suite, on SQLite and PostgreSQL in parallel; called by bin/test once everything is installed."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile

from tests.services.postgres import postgres
from tests.services.processes import end_with_parent

# One part runs all database tests on PostgreSQL, one starts with the Chromium tests, and the others share the rest file
# by file (conftest.py, services/sharing.py). Four on two processors, because tests often wait.
PARTS = {"postgres": "postgres", "browser": "browser", **{f"sqlite-{number}": "sqlite" for number in (1, 2)}}
INTERRUPTED, NO_TESTS = 2, 5  # exit codes of pytest
FIRST_PORT, PORTS_EACH = 10_000, 4_000  # below the range that the kernel gives to clients
SIDE_BY_SIDE = [
    *("--dist=each", "-o", "console_output_style=classic"),
    *(
        f"--tx=popen//id={name}//env:REJOINDER_PART={part}//env:REJOINDER_PORTS={FIRST_PORT + number * PORTS_EACH}"
        for number, (name, part) in enumerate(PARTS.items())
    ),
]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/test", epilog="All other arguments go to pytest.")
    parser.add_argument("--all", action="store_true", help="run the long tests too")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    options, rest = parser.parse_known_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the same exit as for Ctrl-C
    # Bytecode is cached: hundreds of processes start here, each of which would compile the project again.
    not_ours = {"DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}
    environment = {name: value for name, value in os.environ.items() if name not in not_ours}
    if options.all:
        environment["REJOINDER_ALL"] = "1"
        rest += ["-o", "faulthandler_timeout=3600"]
    with contextlib.ExitStack() as held:
        environment["TMPDIR"] = held.enter_context(folder())
        if options.database == "sqlite":
            return pytest(rest, environment)
        url = held.enter_context(postgres())
        if options.database == "postgres":
            return pytest(rest, {**environment, "DATABASE_URL": url})
        environment |= {"REJOINDER_POSTGRES": url, "REJOINDER_SHARED": held.enter_context(folder())}
        results = [pytest([*SIDE_BY_SIDE, *rest], environment)]
        if options.all and results != [INTERRUPTED]:
            results.append(pytest(rest, {**environment, "REJOINDER_PART": "alone"}))
        return max((each for each in results if each != NO_TESTS), default=NO_TESTS)


def folder() -> contextlib.AbstractContextManager[str]:
    """A temporary folder for what tests leave behind, also when they are interrupted."""
    return tempfile.TemporaryDirectory(prefix="rejoinder-tests-", ignore_cleanup_errors=True)


def pytest(arguments: list[str], environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    running = subprocess.Popen(command, env=environment, preexec_fn=end_with_parent(signal.SIGTERM))
    try:
        return running.wait()
    except KeyboardInterrupt:  # pytest got it too, and ends what its fixtures started
        return running.wait()
    finally:
        running.terminate()
        running.wait()


if __name__ == "__main__":
    sys.exit(main())
