"""Decodes untrusted picture files into upright sRGB pixels; bounded in time and memory."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

MAX_SIDE = 30_000  # pixels: decoders hold whole rows, and a little for each row
MAX_SCANS = 40  # cameras and programs write up to a dozen; decoding each visits every pixel
MAX_SCANNED_BYTES = 120_000_000  # memory that a JPEG with several scans takes before its first pixel is complete
BAND_ROWS = 256  # rows that are scaled at once
MAX_PROFILE_BYTES = 4 * 1024 * 1024
FRAME_OF_JPEG = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]..\x08(....)([\x01-\x04])", re.DOTALL)
SCAN_OF_JPEG = b"\xff\xda"

warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # ours reject sooner


class LimitExceeded(Exception):
    """A picture is too costly to open: it exceeds the limit named `limit`, which is `maximum`."""

    def __init__(self, limit: str, maximum: float = 0) -> None:
        super().__init__(limit, maximum)
        self.limit = limit
        self.maximum = maximum


@contextmanager
def open_checked(data: bytes, pixels: Mapping[str, int]) -> Iterator[tuple[str, Pillow.Image]]:
    """Open a picture, check its size before a pixel is decoded, and yield its format and the picture.

    `pixels` maps the accepted formats to their highest number of pixels. Raises LimitExceeded, or any error of
    Pillow's decoders for a broken file.
    """
    with Pillow.open(io.BytesIO(data), formats=tuple(pixels)) as picture:
        kind = "JPEG" if picture.format == "MPO" else str(picture.format)  # from phones: JPEG with a preview
        check_size(data, picture, kind, pixels[kind])
        yield kind, picture


def check_size(data: bytes, picture: Pillow.Image, kind: str, max_pixels: int) -> None:
    """Raise LimitExceeded for a picture that is too costly, before a pixel is decoded."""
    if kind == "PNG" and data[24:25] == b"\x10":  # 16 bits for each color
        max_pixels //= 2
    if picture.width * picture.height > max_pixels:
        raise LimitExceeded("pixels", max_pixels)
    if max(picture.size) > MAX_SIDE:
        raise LimitExceeded("side", MAX_SIDE)
    if kind == "JPEG":
        check_scans(data, picture)


def check_scans(data: bytes, picture: Pillow.Image) -> None:
    """Raise LimitExceeded for a JPEG with costly scans: each may visit every pixel, and all are held in memory."""
    scans = data.count(SCAN_OF_JPEG)
    if scans > MAX_SCANS:
        raise LimitExceeded("scans", MAX_SCANS)
    pixels = picture.width * picture.height
    if scans > 1 and pixels * 2 * samples_per_pixel(data, picture) > MAX_SCANNED_BYTES:
        raise LimitExceeded("scanned", MAX_SCANNED_BYTES / 2 / samples_per_pixel(data, picture))


def samples_per_pixel(data: bytes, picture: Pillow.Image) -> float:
    """Return the samples that are stored for each pixel; most photographs store half of two of the three colors."""
    size = picture.height.to_bytes(2, "big") + picture.width.to_bytes(2, "big")
    for found in FRAME_OF_JPEG.finditer(data):
        parts = found[2][0]
        factors = [divmod(byte, 16) for byte in data[found.end() + 1 : found.end() + 1 + 3 * parts : 3]]
        if found[1] == size and len(factors) == parts and all(across and down for across, down in factors):
            whole = max(across for across, _down in factors) * max(down for _across, down in factors)
            return sum(across * down for across, down in factors) / whole
    return 4.0


def shrink(picture: Pillow.Image, side: int) -> Pillow.Image:
    """Return the picture at most `side` pixels wide and high, upright and in sRGB, without ever holding it twice."""
    profile = picture.info.get("icc_profile")
    scale = min(1, side / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    picture.draft(None, size)  # of a JPEG no more is decoded than is needed
    picture.load()
    if size != picture.size:
        made = scale_width(picture, size[0])
        picture.close()
        made = made.resize(size, Pillow.Resampling.LANCZOS)
    else:
        made = as_averageable(picture) if profile or picture.mode.startswith("I") else picture.copy()
    return ImageOps.exif_transpose(convert_to_srgb(made, profile))


def scale_width(picture: Pillow.Image, width: int) -> Pillow.Image:
    """Return the picture at its final width, scaled band by band so that a copy of all of it is never held."""
    made = None
    for top in range(0, picture.height, BAND_ROWS):
        band = as_averageable(picture.crop((0, top, picture.width, min(top + BAND_ROWS, picture.height))))
        made = made or Pillow.new(band.mode, (width, picture.height))
        made.paste(band.resize((width, band.height), Pillow.Resampling.LANCZOS), (0, top))
    if made is None:
        raise ValueError(picture.size)
    made.info = {"exif": picture.getexif().tobytes()}
    return made


def as_averageable(picture: Pillow.Image) -> Pillow.Image:
    """Return the picture in a mode whose pixels can be averaged."""
    has_key_color = picture.mode in {"1", "L", "RGB"} and "transparency" in picture.info
    if picture.mode in {"P", "PA"} or has_key_color:
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    if picture.mode.startswith("I"):
        made = picture.convert("I").point(lambda value: value / 256).convert("L")  # from 16 bits
        made.info = picture.info
        return made
    return picture.convert("L") if picture.mode == "1" else picture


def convert_to_srgb(picture: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Convert to sRGB, which browsers assume for pictures without a color profile, as ours are."""
    if not profile or len(profile) > MAX_PROFILE_BYTES:
        return picture
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        if "sRGB" in ImageCms.getProfileDescription(given) and primaries(given) == primaries(usual):
            return picture  # a conversion takes a third of a second and changes nothing
        return ImageCms.profileToProfile(picture, given, usual, outputMode=mode) or picture
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture


def primaries(profile: ImageCms.ImageCmsProfile) -> list[list[float]]:
    """Return a profile's red, green and blue, rounded for comparison."""
    found = (getattr(profile.profile, f"{color}_colorant") for color in ("red", "green", "blue"))
    return [[round(value, 2) for value in xyz] for xyz, _xyy in filter(None, found)]
