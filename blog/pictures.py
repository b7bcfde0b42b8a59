"""Pictures from elsewhere → our own files: looked at before they are opened, written anew, nothing hidden kept."""

import io
import secrets
from typing import IO

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image as Pillow
from PIL import ImageOps

from accounts.models import User
from blog import images
from blog.models import Image

BYTES = 10 * 1024 * 1024
PIXELS = 40_000_000
FRAMES = 200
SIDE = 2560  # as wide or high as a page can use
KINDS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}
WRITTEN: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 85, "optimize": True, "progressive": True},
    "PNG": {"optimize": True},
    "GIF": {},
    "WEBP": {"quality": 85},
    "AVIF": {"quality": 75},
}

Pillow.MAX_IMAGE_PIXELS = PIXELS  # it warns above this and refuses above twice as many; we refuse both


class NoPicture(Exception):
    """These bytes are no picture that we keep; the argument says why, in words."""


def keep(data: bytes, *, source: str = "", alt: str = "", by: User | None = None) -> Image:
    """Store a picture under a name of our own. Raises NoPicture."""
    file = own_file(data)
    return add(Image(file=file, source=source[:2000], alt=" ".join(alt.split())[:500], by=by))


@transaction.atomic
def add(image: Image) -> Image:
    """The row, and the job that makes its smaller forms."""
    image.save()
    images.render.using(priority=images.AFTER_EVERYTHING_ELSE).enqueue(image.pk)
    return image


def own_file(data: bytes) -> ContentFile[bytes]:
    """The same picture as a file of ours. Raises NoPicture."""
    kind, written = rewritten(data)
    return ContentFile(written, f"{secrets.token_hex(8)}.{KINDS[kind]}")


def rewritten(data: bytes) -> tuple[str, bytes]:
    """The kind and the bytes of the same picture, upright, made by our own hand from its pixels alone."""
    if len(data) > BYTES:
        raise NoPicture(_("larger than %(n)d MB") % {"n": BYTES // 1024 // 1024})
    try:
        with Pillow.open(io.BytesIO(data), formats=tuple(KINDS)) as picture:
            width, height = picture.size
            if width * height > PIXELS:
                raise Pillow.DecompressionBombError
            out = io.BytesIO()
            kind = "JPEG" if picture.format == "MPO" else str(picture.format)  # a telephone's: JPEG with a preview
            write(picture, kind, out)
            return kind, out.getvalue()
    except Pillow.DecompressionBombError as error:
        raise NoPicture(_("more than %(n)d million pixels") % {"n": PIXELS // 1_000_000}) from error
    except Exception as error:  # decoders of broken files raise whatever they stumble over
        if b"<svg" in data[:4000].lower():
            raise NoPicture(_("a drawing in SVG, which can carry a script; please save it as PNG")) from error
        raise NoPicture(_("no picture that could be opened (JPEG, PNG, GIF, WebP or AVIF)")) from error


def write(picture: Pillow.Image, kind: str, out: IO[bytes]) -> None:
    frames = getattr(picture, "n_frames", 1) if kind != "JPEG" else 1
    if 1 < frames <= FRAMES and frames * picture.width * picture.height <= PIXELS and max(picture.size) <= SIDE:
        write_moving(picture, frames, out)
        return
    picture.seek(0)
    profile = picture.info.get("icc_profile")
    still = ImageOps.exif_transpose(picture)
    if max(still.size) > SIDE:
        still = still.convert("RGBA") if still.mode in {"P", "PA"} else still
        still.thumbnail((SIDE, SIDE), Pillow.Resampling.LANCZOS)
    if kind == "JPEG" and still.mode not in {"RGB", "L"}:
        still, profile = still.convert("RGB"), None
    bare(still).save(out, format=kind, icc_profile=profile, **WRITTEN[kind])


def write_moving(picture: Pillow.Image, frames: int, out: IO[bytes]) -> None:
    shown, times = [], []
    repeats = {"loop": picture.info["loop"]} if "loop" in picture.info else {}
    for number in range(frames):
        picture.seek(number)
        times.append(picture.info.get("duration", 100))
        shown.append(bare(picture.convert("RGBA")))
    kind = str(picture.format)
    disposal = {"disposal": 2} if kind == "GIF" else {}
    shown[0].save(
        out,
        format=kind,
        save_all=True,
        append_images=shown[1:],
        duration=times,
        **repeats,
        **disposal,
        **WRITTEN[kind],
    )


def bare(picture: Pillow.Image) -> Pillow.Image:
    """The pixels without what travelled beside them: places, cameras, previews, remarks."""
    see_through = picture.info.get("transparency")
    picture.info = {} if see_through is None else {"transparency": see_through}
    return picture
