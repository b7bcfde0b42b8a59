"""Re-encodes uploaded pictures from their pixels alone; bounded in time and memory."""

import io
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image as Pillow

from imaging import decoding

MAX_BYTES = 10 * 1024 * 1024
MAX_SIDE = 2560  # pixels: no page shows more
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}
# By the memory that decoding takes: 4 bytes a pixel, in GIF 9, in WebP and AVIF 16.
MAX_PIXELS = {"JPEG": 40_000_000, "PNG": 34_000_000, "GIF": 16_000_000, "WEBP": 10_000_000, "AVIF": 10_000_000}
MAX_FRAMES = 200
MAX_ANIMATED_PIXELS = 8_000_000  # pixels of all frames together
SAVE_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85, "optimize": True, "progressive": True},
    "PNG": {"compress_level": 7},
    "GIF": {},
    "WEBP": {"quality": 85, "method": 2},
}
ANIMATION_OPTIONS = {"GIF": {"disposal": 2}, "WEBP": {"quality": 85, "method": 0}, "PNG": {"compress_level": 5}}

Pillow.MAX_IMAGE_PIXELS = max(MAX_PIXELS.values())  # Pillow warns above this and rejects twice as many; we reject both

Frame = tuple[Pillow.Image, Any]  # and its duration in milliseconds


class InvalidPicture(Exception):
    """A file that is not accepted as a picture; the argument is the reason, for users."""


def reencode(data: bytes) -> tuple[str, bytes]:
    """Return the format, such as JPEG, and bytes of the same picture, upright and in sRGB. Raises InvalidPicture."""
    if len(data) > MAX_BYTES:
        raise InvalidPicture(_("it is larger than %(n)d MB") % {"n": MAX_BYTES // 1024 // 1024})
    try:
        return encode(*decode(data))
    except decoding.LimitExceeded as error:
        raise InvalidPicture(describe_limit(error)) from error
    except Pillow.DecompressionBombError as error:
        raise InvalidPicture(describe_limit(decoding.LimitExceeded("pixels", max(MAX_PIXELS.values())))) from error
    except Exception as error:  # decoders raise all kinds of errors for broken files
        if b"<svg" in data[:4000].lower():
            raise InvalidPicture(_("SVG files are not allowed; save the picture as PNG")) from error
        if data[4:8] == b"ftyp" and b"hei" in data[8:40]:
            raise InvalidPicture(_("HEIC files are not allowed; save the picture as JPEG")) from error
        raise InvalidPicture(_("it is not a valid JPEG, PNG, GIF, WebP or AVIF picture")) from error


def describe_limit(error: decoding.LimitExceeded) -> str:
    """Return a message for users that says which limit their picture exceeds."""
    millions = {"n": error.maximum // 1_000_000}
    match error.limit:
        case "pixels":
            return _("it has more than %(n)d million pixels; make it smaller") % millions
        case "side":
            return _("it is wider or taller than %(n)d pixels; make it smaller") % {"n": error.maximum}
        case "scans":
            return _("it is a progressive JPEG with too many scans; save it as a baseline JPEG")
    return _("it is a progressive JPEG with more than %(n)d million pixels; save it as a baseline JPEG") % millions


def decode(data: bytes) -> tuple[str, list[Frame]]:
    """Return the format, such as JPEG, and the frames of a picture: one, or those of an animation."""
    with decoding.open_checked(data, MAX_PIXELS) as (kind, picture):
        if kind in {"GIF", "WEBP", "PNG"} and (frames := read_frames(picture)):
            return kind, frames
        picture.seek(0)
        return kind, [(decoding.shrink(picture, MAX_SIDE), 0)]


def encode(kind: str, frames: list[Frame]) -> tuple[str, bytes]:
    """Encode a picture or an animation without metadata; return its format and bytes."""
    out = io.BytesIO()
    if len(frames) > 1:
        write_animation(frames, kind, out)
        return kind, out.getvalue()
    [(still, _time)] = frames
    if kind == "AVIF":  # too slow to write during a request; the job makes AVIF renditions
        kind = "WEBP" if still.has_transparency_data else "JPEG"
    if kind == "JPEG" and still.mode not in {"RGB", "L"}:
        still = still.convert("RGB")
    strip_metadata(still).save(out, format=kind, **SAVE_OPTIONS[kind])
    return kind, out.getvalue()


def read_frames(picture: Pillow.Image) -> list[Frame]:
    """Return the frames of an animation; none for a still picture, or for an animation over the limits."""
    pixels, frames = picture.width * picture.height, list[Frame]()
    if not getattr(picture, "is_animated", False) or max(picture.size) > MAX_SIDE:
        return []
    for number in range(MAX_FRAMES + 1):
        if number == MAX_FRAMES or (number + 1) * pixels > MAX_ANIMATED_PIXELS:
            return []
        try:
            picture.seek(number)
        except EOFError:
            break
        frame = picture.convert("RGBA")
        frames.append((frame, picture.info.get("duration", 100)))
    return frames if len(frames) > 1 else []


def write_animation(frames: list[Frame], kind: str, out: io.BytesIO) -> None:
    """Write frames to `out` as an animation of the format `kind`, without metadata."""
    loop = frames[0][0].info.get("loop")
    first, *rest = [strip_metadata(frame) for frame, _time in frames]
    options = ANIMATION_OPTIONS[kind] | ({} if loop is None else {"loop": loop})
    durations = [time for _frame, time in frames]
    first.save(out, format=kind, save_all=True, append_images=rest, duration=durations, **options)


def strip_metadata(picture: Pillow.Image) -> Pillow.Image:
    """Drop all metadata except transparency: location, camera, preview, comments."""
    see_through = picture.info.get("transparency")
    picture.info = {} if see_through is None else {"transparency": see_through}
    return picture
