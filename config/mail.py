"""Emails as files that only the site's own user can read; the backend while EMAIL_URL is not set."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends import filebased


class PrivateFileBackend(filebased.EmailBackend):
    stream: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        Path(settings.EMAIL_FILE_PATH).mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(*args, **options)

    def open(self) -> bool:
        """Open the email's file, closed to other users."""
        is_new = bool(super().open())
        if is_new:
            os.fchmod(self.stream.fileno(), 0o600)
        return is_new
