"""Before the site or any command starts: the secret key, and checks, of which a failed one prints one line."""

import os
import pwd
import re
import secrets
import shlex
from importlib.util import find_spec
from pathlib import Path

from config.environment import stop

# The system's own folders: DATA_DIR is closed to other users, who need these.
SYSTEM_FOLDERS = re.compile(
    r"/|/(bin|boot|dev|etc|home|lib|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|var/lib|var/tmp)"
)


def claim_data_dir(folder: Path, program: Path) -> None:
    """Create DATA_DIR, closed to other users; stop if another user owns it, who could not open new files."""
    if SYSTEM_FOLDERS.fullmatch(str(folder)) or program.is_relative_to(folder):
        stop(f"DATA_DIR cannot be {folder}. Choose a folder that nothing else uses.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner, user = folder.stat().st_uid, os.geteuid()
    except OSError as error:
        seen = next(parent for parent in folder.parents if os.path.exists(parent))  # noqa: PTH110 - no error counts
        whose = f"{seen} belongs to {username(seen.stat().st_uid)}. Set DATA_DIR to a folder that this user can use."
        stop(f"The user {username(os.geteuid())} cannot open DATA_DIR {folder}: {error.strerror}. {whose}")
    if owner != user:
        right = username(owner)
        stop(
            f"{folder} belongs to {right}, not to {username(user)}. Run this as {right}: sudo -u {shlex.quote(right)} …"
        )


def load_or_create_secret_key(file: Path) -> str:
    """Return the key of this installation, which is generated once and readable by its owner alone."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(64))
    try:
        os.link(draft, file)  # the first of two that start at once wins, whole
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return file.read_text().strip()


def username(user: int) -> str:
    """Return a user's name, or the number as sudo takes it: a container may have users without names."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"


def require_bucket_packages() -> None:
    """Stop if the packages that S3 needs are not installed."""
    if not (find_spec("storages") and find_spec("boto3")):
        stop("S3_BUCKET is set, but django-storages and boto3 are not installed. Run: bin/setup --with s3")


def require_sentry_package() -> None:
    """Stop if the package that Sentry needs is not installed."""
    if not find_spec("sentry_sdk"):
        stop("SENTRY_DSN is set, but sentry-sdk is not installed. Run: bin/setup --with sentry")
