"""Pictures from elsewhere → our own files: looked at before they are opened, written anew, nothing hidden kept."""

import io
import secrets
from typing import IO

from django.core.files.base import ContentFile
from PIL import Image as Pillow
from PIL import ImageOps

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


def keep(data: bytes, *, source: str = "", alt: str = "") -> Image:
    """Store a picture under a name of our own. Raises NoPicture."""
    kind, written = rewritten(data)
    file = ContentFile(written, f"{secrets.token_hex(8)}.{KINDS[kind]}")
    return Image.objects.create(file=file, source=source[:2000], alt=" ".join(alt.split())[:500])


def rewritten(data: bytes) -> tuple[str, bytes]:
    """The kind and the bytes of the same picture, upright, made by our own hand from its pixels alone."""
    if len(data) > BYTES:
        raise NoPicture(f"larger than {BYTES // 1024 // 1024} MB")
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
        raise NoPicture(f"more than {PIXELS // 1_000_000} million pixels") from error
    except Exception as error:  # decoders of broken files raise whatever they stumble over
        raise NoPicture("no picture that could be opened (JPEG, PNG, GIF, WebP or AVIF)") from error


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
