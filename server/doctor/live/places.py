"""Checks of the places that the site writes to: Redis, the bucket and the disk."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from server.doctor.finding import Finding, error, ok, warning

TIMEOUT = 3  # seconds
MIN_FREE_SHARE = 0.1
NAME = "rejoinder-doctor"


def check_redis() -> Iterator[Finding]:
    """Ping Redis, and write and read a value, if it is used."""
    cache = settings.CACHES["default"]
    if not cache["BACKEND"].endswith("RedisOrDatabase"):
        return
    import redis  # installed only where it is used

    servers = cache["LOCATION"]
    key, value = f"{NAME}:{secrets.token_hex(8)}", secrets.token_bytes(8)
    server = redis.Redis.from_url(
        servers if isinstance(servers, str) else servers[0], socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
    )
    try:
        server.ping()
        server.set(key, value, ex=60)
        is_same = server.get(key) == value
        server.delete(key)
    except (redis.RedisError, OSError) as failure:
        problem = _("Redis cannot be used: “%(error)s”.") % {"error": one_line(failure)}
        yield error(_("Redis"), problem, _("Start Redis, or check the address and password in CACHE_URL."))
        return
    finally:
        server.close()
    if is_same:
        yield ok(_("Redis"), _("Redis stores and returns values."), "")
    else:
        yield error(
            _("Redis"), _("Redis did not return a value that was just stored."), _("Check the memory limit of Redis.")
        )


def check_bucket() -> Iterator[Finding]:
    """Write a file to the bucket, read it and delete it, if there is a bucket."""
    if not settings.S3_BUCKET:
        return
    content, name = secrets.token_bytes(16), ""
    problem = _("The site cannot write to the bucket %(bucket)s: “%(error)s”.")
    try:
        name = default_storage.save(f"{NAME}-{secrets.token_hex(8)}.txt", ContentFile(content))
        problem = _("The site cannot read from the bucket %(bucket)s: “%(error)s”.")
        with default_storage.open(name) as file:
            is_same = file.read() == content
        problem = _("The site cannot delete from the bucket %(bucket)s: “%(error)s”.")
        default_storage.delete(name)
    except Exception as failure:  # each storage has its own
        problem %= {"bucket": settings.S3_BUCKET, "error": one_line(failure)}
        how = _("Check S3_BUCKET, S3_ENDPOINT, S3_REGION, S3_KEY and S3_SECRET, and the permissions of the key.")
        yield error(_("Bucket"), problem, how)
        return
    if is_same:
        yield ok(
            _("Bucket"),
            _("The bucket %(bucket)s stores, returns and deletes files.") % {"bucket": settings.S3_BUCKET},
            "",
        )
    else:
        yield error(_("Bucket"), _("The bucket did not return the file that was just stored."), _("Check S3_ENDPOINT."))


def check_disk() -> Iterator[Finding]:
    """Write a file to each disk that the site uses, and report how much space is left."""
    folders = {folder.stat().st_dev: folder for folder in (Path(tempfile.gettempdir()), Path(settings.DATA_DIR))}
    for folder in folders.values():
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"x" * 4096)
                file.flush()
                os.fsync(file.fileno())
        except OSError as failure:
            problem = _("The site cannot write to %(folder)s: “%(error)s”.")
            how = _("Free up disk space, or run as root: chown -R %(user)s %(folder)s")
            values = {"folder": folder, "error": one_line(failure), "user": os.geteuid()}
            yield error(_("Data"), problem % values, how % values)
            continue
        yield _describe_space(folder)


def _describe_space(folder: Path) -> Finding:
    usage = shutil.disk_usage(folder)
    share = usage.free / (usage.total or 1)
    values = {"size": f"{usage.free / 1e9:.1f}", "share": round(share * 100), "folder": folder}
    problem = _("%(size)s GB (%(share)d%%) are free on the disk with %(folder)s.") % values
    if share < MIN_FREE_SHARE:
        return warning(_("Data"), problem, _("Free up disk space. When the disk is full, nothing can be saved."))
    return ok(_("Data"), problem, "")


def one_line(failure: Exception) -> str:
    return " ".join(str(failure).split())[:300] or type(failure).__name__
