"""Detection of disposable email addresses by the domains in disposable.txt."""

from functools import cache
from pathlib import Path


@cache
def domains() -> frozenset[str]:
    """Return the domains of providers of disposable addresses."""
    lines = (Path(__file__).with_suffix(".txt")).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in map(str.strip, lines) if line and not line.startswith("#"))


def is_disposable(email: str) -> bool:
    return any(domain in domains() for domain in domain_and_parents(email))


def domain_and_parents(email: str) -> list[str]:
    """`a@mail.example.org` → mail.example.org, example.org, org."""
    labels = email.rpartition("@")[2].casefold().strip(".").split(".")
    return [".".join(labels[at:]) for at in range(len(labels))] if "@" in email else []
