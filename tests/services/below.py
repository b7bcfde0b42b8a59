"""The processes below a served site: which of them answer, which does the jobs, and whether they still live."""

from collections.abc import Iterator
from pathlib import Path


def fields(pid: int) -> list[str]:
    """What the process table says of one from its state on; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_there(pid: int) -> bool:
    """Not gone, and not a mere name that its parent has yet to strike out."""
    return fields(pid)[:1] not in ([], ["Z"], ["X"])


def descendants(pid: int) -> list[int]:
    """Nearest first."""
    parents = {int(folder.name): fields(int(folder.name))[1:2] for folder in Path("/proc").glob("[0-9]*")}
    found = [pid]
    for parent in found:
        found += [child for child, of in parents.items() if of == [str(parent)]]
    return [child for child in found[1:] if is_there(child)]


def web_processes(main: int) -> list[int]:
    return [pid for pid, command in _commands(main) if b"worker" not in command]


def job_workers(main: int) -> list[int]:
    return [pid for pid, command in _commands(main) if b"worker" in command]


def _commands(main: int) -> Iterator[tuple[int, bytes]]:
    for pid in descendants(main):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if command:
            yield pid, command
