"""What has to hold before the site or any of its commands starts; otherwise one line says what to do."""

import sys
from importlib.util import find_spec
from typing import NoReturn


def stop(words: str) -> NoReturn:
    """End this process with one line on stderr and status 2."""
    sys.stderr.write(f"{words}\n")
    raise SystemExit(2)


def need_bucket_package() -> None:
    if not (find_spec("storages") and find_spec("boto3")):
        stop("S3_BUCKET is set, but django-storages and boto3 are not installed. Run: bin/setup --with s3")
