"""Serves uploaded files so that browsers show them but never run them."""

from pathlib import PurePosixPath
from posixpath import normpath

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from blog.images import card_files

# Spelled out because `mimetypes` does not know the newer ones everywhere.
CONTENT_TYPES = {f".{kind}": f"image/{kind}" for kind in ("jpeg", "png", "gif", "webp", "avif")}
CONTENT_TYPES[".jpg"] = "image/jpeg"
PRIVATE_FOLDER = "transfers"  # of the bucket: files for the owner only


@require_safe
def serve_upload(request: HttpRequest, name: str) -> FileResponse:
    """Serve an uploaded picture for display, and any other uploaded file as a download."""
    if "\\" in name or normpath(name).lstrip("/").startswith((f"{card_files.FOLDER}/", f"{PRIVATE_FOLDER}/")):
        raise Http404  # cards have a view that knows whether their essay is published; a bucket reads \ as /
    try:
        file = default_storage.open(name)
    except ConnectionError:  # of the bucket: answered with 503
        raise
    except (FileNotFoundError, IsADirectoryError, SuspiciousFileOperation, ValueError, OSError) as error:
        raise Http404 from error
    path = PurePosixPath(name)
    kind = CONTENT_TYPES.get(path.suffix.lower())
    response = FileResponse(
        file, content_type=kind or "application/octet-stream", as_attachment=kind is None, filename=path.name
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
