"""The child processes of a served site: which serve requests, which run jobs, and whether they exist."""

from pathlib import Path


def process_fields(pid: int) -> list[str]:
    """Return what the process table says of a process, starting with its state; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def exists(pid: int) -> bool:
    """Return whether a process exists and is not a zombie."""
    return process_fields(pid)[:1] not in ([], ["Z"], ["X"])


def descendants(pid: int) -> list[int]:
    """Return child processes and their children, nearest first."""
    parents = {int(folder.name): process_fields(int(folder.name))[1:2] for folder in Path("/proc").glob("[0-9]*")}
    pids = [pid]
    for parent in pids:
        pids += [child for child, parent_pid in parents.items() if parent_pid == [str(parent)]]
    return [child for child in pids[1:] if exists(child)]


def web_processes(main: int) -> list[int]:
    return [pid for pid in descendants(main) if process_name(pid) == "web process"]


def job_workers(main: int) -> list[int]:
    return [pid for pid in descendants(main) if process_name(pid) == "job worker"]


def process_name(pid: int) -> str:
    """Return its name in the process table, empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return ""
