"""Media files stored in an S3 bucket and served at our own address, so that pages load nothing from other hosts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected
from django.conf import settings
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3Storage

# By default, a request to a bucket that hangs would take five minutes.
LIMITS = Config(connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
NO_RESPONSE = (NotConnected, HTTPClientError, RetriesExceededError)


class Breaker:
    """Lets only one thread at a time try a bucket that has not responded, so that no other request waits for it."""

    def __init__(self) -> None:
        self.is_open = False
        self.trial = threading.Lock()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Raise ConnectionError if the bucket does not respond in the block, or if another thread is still trying."""
        is_trial = self.is_open
        if is_trial and not self.trial.acquire(blocking=False):
            raise ConnectionError("The bucket is not responding.")
        try:
            yield
        except FileNotFoundError:
            self.is_open = False
            raise
        except (*NO_RESPONSE, ClientError) as error:
            self.is_open = not isinstance(error, ClientError) or is_servers_fault(error)
            if not self.is_open:
                raise
            raise ConnectionError(f"The bucket is not responding: {error}") from error
        else:
            self.is_open = False
        finally:
            if is_trial:
                self.trial.release()


def is_servers_fault(error: ClientError) -> bool:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500


breaker = Breaker()


class LimitedBucket(S3Storage):  # type: ignore[misc]
    """A bucket that is given up after seconds if it does not respond."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_config: Any = self.client_config.merge(LIMITS)
        self.transfer_config = TransferConfig(num_download_attempts=1)


class S3MediaStorage(LimitedBucket):
    """The bucket of media files. Raises ConnectionError if it does not respond."""

    default_acl = None
    file_overwrite = False

    def url(self, name: str | None, *args: Any, **more: Any) -> str:
        """Return the site's own address of a file, not the bucket's."""
        return settings.MEDIA_URL + quote(name or "")

    def _open(self, name: str, mode: str = "rb") -> Any:
        with breaker.guard():
            file = super()._open(name, mode)
            if "r" in mode:
                file.file  # noqa: B018 - downloads the file here, where an error can still become a response
            return file

    def _save(self, name: str, content: Any) -> str:
        with breaker.guard():
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        with breaker.guard():
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with breaker.guard():
            return int(super().size(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with breaker.guard():
            folders, files = super().listdir(path)
            return folders, files

    def get_modified_time(self, name: str) -> datetime:
        with breaker.guard():
            modified: datetime = super().get_modified_time(name)
            return modified

    def delete(self, name: str) -> None:
        with breaker.guard():
            super().delete(name)
