"""Uploaded files: shown, never run."""

import mimetypes
from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

SHOWN = {"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"}


@require_safe
def serve(request: HttpRequest, name: str) -> FileResponse:
    try:
        file = default_storage.open(name)
    except (FileNotFoundError, IsADirectoryError, SuspiciousFileOperation, ValueError, OSError) as error:
        raise Http404 from error
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = FileResponse(
        file,
        content_type=kind if kind in SHOWN else "application/octet-stream",
        as_attachment=kind not in SHOWN,
        filename=PurePosixPath(name).name,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
