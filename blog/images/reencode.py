"""A picture's bytes → the same picture made by our own hand from its pixels alone; bounded in time and memory."""

import io
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image as Pillow

from imaging import decoding

BYTES = 10 * 1024 * 1024
SIDE = 2560  # as wide or high as a page can use
KINDS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}
# By what each takes while it is opened: 4 bytes a pixel, in GIF 9, in WebP and AVIF 16.
PIXELS = {"JPEG": 40_000_000, "PNG": 34_000_000, "GIF": 16_000_000, "WEBP": 10_000_000, "AVIF": 10_000_000}
FRAMES = 200
MOVING = 8_000_000  # pixels of all frames together
WRITTEN: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85, "optimize": True, "progressive": True},
    "PNG": {"compress_level": 7},
    "GIF": {},
    "WEBP": {"quality": 85, "method": 2},
}
MOVING_AS = {"GIF": {"disposal": 2}, "WEBP": {"quality": 85, "method": 0}, "PNG": {"compress_level": 5}}

Pillow.MAX_IMAGE_PIXELS = max(PIXELS.values())  # it warns above this and refuses above twice as many; we refuse both


Frame = tuple[Pillow.Image, Any]  # and how long it stands


class NoPicture(Exception):
    """These bytes are no picture that we keep; the argument says why, in words."""


def rewritten(data: bytes) -> tuple[str, bytes]:
    """The kind and the bytes of the same picture, upright, in the colours of the web. Raises NoPicture."""
    if len(data) > BYTES:
        raise NoPicture(_("it is larger than %(n)d MB") % {"n": BYTES // 1024 // 1024})
    try:
        return written(*opened(data))
    except decoding.Unfit as error:
        raise NoPicture(in_words(error)) from error
    except Pillow.DecompressionBombError as error:
        raise NoPicture(in_words(decoding.Unfit("pixels", max(PIXELS.values())))) from error
    except Exception as error:  # decoders of broken files raise whatever they stumble over
        if b"<svg" in data[:4000].lower():
            raise NoPicture(_("SVG files can contain scripts; save it as PNG")) from error
        raise NoPicture(_("it is not a valid JPEG, PNG, GIF, WebP or AVIF picture")) from error


def in_words(error: decoding.Unfit) -> str:
    millions = {"n": error.most // 1_000_000}
    match error.bound:
        case "pixels":
            return _("it has more than %(n)d million pixels") % millions
        case "side":
            return _("it is wider or taller than %(n)d pixels") % {"n": error.most}
        case "scans":
            return _("it is a JPEG with too many scans")
        case _:
            return _("it is a progressive JPEG with more than %(n)d million pixels") % millions


def opened(data: bytes) -> tuple[str, list[Frame]]:
    """Its kind, and the one picture that it is, or those of which it moves; what opened it is let go."""
    with decoding.opened(data, PIXELS) as (kind, picture):
        if kind in {"GIF", "WEBP", "PNG"} and (frames := moving(picture)):
            return kind, frames
        picture.seek(0)
        return kind, [(decoding.shrink(picture, SIDE), 0)]


def written(kind: str, frames: list[Frame]) -> tuple[str, bytes]:
    out = io.BytesIO()
    if len(frames) > 1:
        write_moving(frames, kind, out)
        return kind, out.getvalue()
    [(still, _time)] = frames
    if kind == "AVIF":  # takes too long to write while somebody waits; the job makes such forms
        kind = "WEBP" if still.has_transparency_data else "JPEG"
    if kind == "JPEG" and still.mode not in {"RGB", "L"}:
        still = still.convert("RGB")
    bare(still).save(out, format=kind, **WRITTEN[kind])
    return kind, out.getvalue()


def moving(picture: Pillow.Image) -> list[Frame]:
    """Its frames; none if it stands still, or from now on will: it has too many of them."""
    pixels, frames = picture.width * picture.height, list[Frame]()
    if not getattr(picture, "is_animated", False) or max(picture.size) > SIDE:
        return []
    for number in range(FRAMES + 1):
        if number == FRAMES or (number + 1) * pixels > MOVING:
            return []
        try:
            picture.seek(number)
        except EOFError:
            break
        frame = picture.convert("RGBA")
        frames.append((frame, picture.info.get("duration", 100)))
    return frames if len(frames) > 1 else []


def write_moving(frames: list[Frame], kind: str, out: io.BytesIO) -> None:
    loop = frames[0][0].info.get("loop")
    first, *rest = [bare(frame) for frame, _time in frames]
    options = MOVING_AS[kind] | ({} if loop is None else {"loop": loop})
    durations = [time for _frame, time in frames]
    first.save(out, format=kind, save_all=True, append_images=rest, duration=durations, **options)


def bare(picture: Pillow.Image) -> Pillow.Image:
    """The pixels without what travelled beside them: places, cameras, previews, remarks."""
    see_through = picture.info.get("transparency")
    picture.info = {} if see_through is None else {"transparency": see_through}
    return picture
