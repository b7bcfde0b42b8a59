"""A picture's bytes → the same picture made by our own hand from its pixels alone; bounded in time and memory."""

import io
import re
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

BYTES = 10 * 1024 * 1024
SIDE = 2560  # as wide or high as a page can use
KINDS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp", "AVIF": "avif"}
# By what each takes while it is opened: 4 bytes a pixel, in GIF 9, in WebP and AVIF 16.
PIXELS = {"JPEG": 40_000_000, "PNG": 34_000_000, "GIF": 16_000_000, "WEBP": 10_000_000, "AVIF": 10_000_000}
LONGEST = 30_000  # pixels in a row: decoders hold whole rows, and something for each of them
FRAMES = 200
MOVING = 8_000_000  # pixels of all frames together
SCANS = 40  # cameras and programs write up to a dozen; each goes over all pixels again
SCANNED = 120_000_000  # bytes that a JPEG of several scans takes before its first pixel is known
BAND = 256  # rows that are worked on at once
PROFILE = 4 * 1024 * 1024
WRITTEN: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85, "optimize": True, "progressive": True},
    "PNG": {"compress_level": 7},
    "GIF": {},
    "WEBP": {"quality": 85, "method": 2},
}
MOVING_AS = {"GIF": {"disposal": 2}, "WEBP": {"quality": 85, "method": 0}, "PNG": {"compress_level": 5}}
FRAME_OF_JPEG = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]..\x08(....)([\x01-\x04])", re.DOTALL)
SCAN_OF_JPEG = b"\xff\xda"

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
    except NoPicture:
        raise
    except Pillow.DecompressionBombError as error:
        most = max(PIXELS.values()) // 1_000_000
        raise NoPicture(_("it has more than %(n)d million pixels") % {"n": most}) from error
    except Exception as error:  # decoders of broken files raise whatever they stumble over
        if b"<svg" in data[:4000].lower():
            raise NoPicture(_("SVG files can contain scripts; save it as PNG")) from error
        raise NoPicture(_("it is not a valid JPEG, PNG, GIF, WebP or AVIF picture")) from error


def opened(data: bytes) -> tuple[str, list[Frame]]:
    """Its kind, and the one picture that it is, or those of which it moves; what opened it is let go."""
    with Pillow.open(io.BytesIO(data), formats=tuple(KINDS)) as picture:
        kind = "JPEG" if picture.format == "MPO" else str(picture.format)  # a telephone's: JPEG with a preview
        look_at_size(data, picture, kind)
        if kind in {"GIF", "WEBP", "PNG"} and (frames := moving(picture)):
            return kind, frames
        picture.seek(0)
        return kind, [(small(picture), 0)]


def look_at_size(data: bytes, picture: Pillow.Image, kind: str) -> None:
    """Before a pixel is opened."""
    most = PIXELS[kind]
    if kind == "PNG" and data[24:25] == b"\x10":  # 16 bits for each colour
        most //= 2
    if picture.width * picture.height > most:
        raise NoPicture(_("it has more than %(n)d million pixels") % {"n": most // 1_000_000})
    if max(picture.size) > LONGEST:
        raise NoPicture(_("it is wider or taller than %(n)d pixels") % {"n": LONGEST})
    if kind == "JPEG":
        look_at_scans(data, picture)


def look_at_scans(data: bytes, picture: Pillow.Image) -> None:
    """All that a JPEG of several scans says is held until the last one, and each may go over every pixel."""
    scans = data.count(SCAN_OF_JPEG)
    if scans > SCANS:
        raise NoPicture(_("it is a JPEG with too many scans"))
    pixels = picture.width * picture.height
    if scans > 1 and pixels * 2 * samples_a_pixel(data, picture) > SCANNED:
        most = SCANNED / 2 / samples_a_pixel(data, picture) / 1_000_000
        raise NoPicture(_("it is a progressive JPEG with more than %(n)d million pixels") % {"n": most})


def samples_a_pixel(data: bytes, picture: Pillow.Image) -> float:
    """How much of each colour is kept: of most photographs half of two of three."""
    size = picture.height.to_bytes(2, "big") + picture.width.to_bytes(2, "big")
    for found in FRAME_OF_JPEG.finditer(data):
        parts = found[2][0]
        factors = [divmod(byte, 16) for byte in data[found.end() + 1 : found.end() + 1 + 3 * parts : 3]]
        if found[1] == size and len(factors) == parts and all(across and down for across, down in factors):
            whole = max(across for across, _down in factors) * max(down for _across, down in factors)
            return sum(across * down for across, down in factors) / whole
    return 4.0


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


def small(picture: Pillow.Image) -> Pillow.Image:
    """As large as a page can use, upright, in the usual colours; all of it is never held twice."""
    profile = picture.info.get("icc_profile")
    scale = min(1, SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture.draft(None, size)  # of a JPEG no more is decoded than is needed
    picture.load()
    if size != picture.size:
        made = narrowed(picture, size[0])
        picture.close()
        made = made.resize(size, Pillow.Resampling.LANCZOS)
    else:
        made = in_plain_mode(picture) if profile or picture.mode.startswith("I") else picture.copy()
    return ImageOps.exif_transpose(in_usual_colours(made, profile))


def narrowed(picture: Pillow.Image, width: int) -> Pillow.Image:
    """As wide as it will be, made a band at a time."""
    made = None
    for top in range(0, picture.height, BAND):
        band = in_plain_mode(picture.crop((0, top, picture.width, min(top + BAND, picture.height))))
        made = made or Pillow.new(band.mode, (width, picture.height))
        made.paste(band.resize((width, band.height), Pillow.Resampling.LANCZOS), (0, top))
    if made is None:
        raise ValueError(picture.size)
    made.info = {"exif": picture.getexif().tobytes()}
    return made


def in_plain_mode(picture: Pillow.Image) -> Pillow.Image:
    """One whose pixels can be mixed."""
    if picture.mode in {"P", "PA"}:
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    if picture.mode.startswith("I"):
        return in_eight_bits(picture)
    return picture.convert("L") if picture.mode == "1" else picture


def in_eight_bits(picture: Pillow.Image) -> Pillow.Image:
    info = picture.info
    made = picture.convert("I").point(lambda value: value / 256).convert("L")
    made.info = info
    return made


def in_usual_colours(picture: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """As browsers show a picture that says nothing of its colours, since ours says nothing."""
    if not profile or len(profile) > PROFILE:
        return picture
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(given):
            return picture
        return ImageCms.profileToProfile(picture, given, ImageCms.createProfile("sRGB"), outputMode=mode) or picture
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture


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
