"""The people's pictures: drawn ones, a photo with private metadata, and hostile ones."""

import io
from functools import lru_cache
from http import HTTPStatus

from PIL import Image, ImageDraw, ImageOps, TiffImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from demo.identity_provider.http_messages import Response, redirect
from demo.identity_provider.people import Person, Picture

LARGEST = 1024
HUGE = 8000
SIDEWAYS = 6  # EXIF orientation: rotated by 90 degrees
METADATA_URL = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" onload="alert(document.domain)">
<script>alert(document.domain)</script><image href="http://169.254.169.254/" width="96" height="96"/></svg>"""
HTML = b"<!doctype html><title>No picture</title><script>alert(document.domain)</script>"


def picture_response(person: Person | None, size: str | int) -> Response:
    """Return the response for a person's picture, or for None an outline; an invalid size means 96 pixels."""
    size = max(1, min(int(size) if str(size).isdecimal() else 96, LARGEST))
    match person.picture if person else Picture.NONE:
        case Picture.ELSEWHERE:
            return redirect(METADATA_URL)
        case Picture.SVG:
            return Response(HTTPStatus.OK, SVG, "image/svg+xml")
        case Picture.HTML:
            return Response(HTTPStatus.OK, HTML, "image/png")
        case Picture.HUGE:
            return Response(HTTPStatus.OK, huge_png(), "image/png")
        case Picture.PHOTO:
            return Response(HTTPStatus.OK, photo_with_metadata(size), "image/jpeg")
        case Picture.NONE:
            return Response(HTTPStatus.OK, portrait_png("", size), "image/png")
        case Picture.DRAWN:
            return Response(HTTPStatus.OK, portrait_png(person.handle if person else "", size), "image/png")


def portrait(handle: str, size: int) -> Image.Image:
    """Draw head and shoulders in colors that depend on the handle; gray without one."""
    hue = sum(map(ord, handle)) * 101 % 360
    saturation = 30 if handle else 0
    wall, coat, skin = (f"hsl({hue}, {saturation}%, {light}%)" for light in (82, 34, 58))
    image = Image.new("RGB", (size * 4, size * 4), wall)
    draw = ImageDraw.Draw(image)
    draw.ellipse((size * 0.5, size * 2.7, size * 3.5, size * 6), fill=coat)
    draw.ellipse((size * 1.2, size * 0.8, size * 2.8, size * 2.8), fill=skin)
    return image.resize((size, size), Image.Resampling.LANCZOS)


@lru_cache(maxsize=64)
def portrait_png(handle: str, size: int) -> bytes:
    return _encode(portrait(handle, size), "PNG")


@lru_cache(maxsize=8)
def photo_with_metadata(size: int) -> bytes:
    """Return a JPEG that lies on its side and names its author and place."""
    exif = Image.Exif()
    exif[Base.Make.value] = "Demo"
    exif[Base.Orientation.value] = SIDEWAYS
    exif[Base.Artist.value] = "Lucja Wisniewska, at home"
    degrees = tuple(TiffImagePlugin.IFDRational(number) for number in (50, 3, 41))
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: degrees})
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLongitudeRef: "E", GPS.GPSLongitude: degrees})
    upright = portrait("lucja_w", size)
    return _encode(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


@lru_cache(maxsize=1)
def huge_png() -> bytes:
    """Return 64 million pixels in a few thousand bytes."""
    return _encode(ImageOps.expand(Image.new("1", (HUGE - 2, HUGE - 2), 1), 1), "PNG", optimize=True)


def _encode(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()
