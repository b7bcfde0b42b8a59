"""Media files stored in an S3 bucket and served at our own address, so that pages load nothing from other hosts."""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from storages.backends.s3 import S3Storage


class S3MediaStorage(S3Storage):  # type: ignore[misc]
    default_acl = None
    file_overwrite = False

    def url(self, name: str | None, *args: Any, **more: Any) -> str:
        """Return the site's own address of a file, not the bucket's."""
        return settings.MEDIA_URL + quote(name or "")
