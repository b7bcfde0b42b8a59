"""Uploaded files: shown, never run."""

from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

# Written out: not every system knows the newer ones.
SHOWN = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
}


@require_safe
def serve(request: HttpRequest, name: str) -> FileResponse:
    try:
        file = default_storage.open(name)
    except (FileNotFoundError, IsADirectoryError, SuspiciousFileOperation, ValueError, OSError) as error:
        raise Http404 from error
    kind = SHOWN.get(PurePosixPath(name).suffix.lower())
    response = FileResponse(
        file,
        content_type=kind or "application/octet-stream",
        as_attachment=kind is None,
        filename=PurePosixPath(name).name,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
