"""Hostile files uploaded as pictures: large, slow, broken, polyglot, or with private metadata.

As a program it weighs one: `python -m tests.blog.hostile_pictures NAME` rewrites it in a process of its own and says
what came of it, the seconds of the processor, and how much the memory grew in MB.
"""

import gzip
import io
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image as Pillow

SCRIPT = b"<!doctype html><script>alert(1)</script>"
Maker = Callable[[], bytes]


def saved(picture: Pillow.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def plain(kind: str, width: int, height: int, mode: str = "RGB", **options: Any) -> bytes:
    return saved(Pillow.new(mode, (width, height)), kind, **options)


def noise_of(width: int, height: int) -> Pillow.Image:
    return Pillow.frombytes("RGB", (width, height), Random(1).randbytes(width * height * 3))


def noisy(kind: str, width: int, height: int, mode: str = "RGB", **options: Any) -> bytes:
    noise = Pillow.effect_noise((width, height), 60)
    return saved(noise.convert(mode), kind, **options)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    width: int, height: int, *, depth: int = 8, colour: int = 2, woven: int = 0, lines: bytes | None = None,
    more: Iterable[bytes] = (),
) -> bytes:  # fmt: skip
    """Build a PNG by hand: the size as declared, the pixels from `lines`, black by default."""
    a_pixel = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] * depth
    if lines is None:
        size = sum(down * (1 + (across * a_pixel + 7) // 8) for across, down in passes(width, height, woven) if across)
        packer, piece = zlib.compressobj(6), bytes(1 << 20)
        lines = b"".join(packer.compress(piece) for _ in range(size >> 20)) + packer.compress(bytes(size % (1 << 20)))
        lines += packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, woven)
    palette = [chunk(b"PLTE", bytes(768))] if colour == 3 else []
    parts = [chunk(b"IHDR", head), *more, *palette, chunk(b"IDAT", lines), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def passes(width: int, height: int, woven: int) -> list[tuple[int, int]]:
    """Return the width and height of each pass of an interlaced picture."""
    if not woven:
        return [(width, height)]
    starts = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    return [((width - x + dx - 1) // dx, (height - y + dy - 1) // dy) for x, y, dx, dy in starts]


def gif(width: int, height: int, frames: int, size: tuple[int, int] = (1, 1), at: tuple[int, int] = (0, 0)) -> bytes:
    """Build a GIF by hand: many small frames on a canvas of any size."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF0, 0, 0) + bytes((0, 0, 0, 255, 255, 255))
    control = b"\x21\xf9\x04" + struct.pack("<BHB", 0, 5, 0) + b"\0"
    frame = b"\x2c" + struct.pack("<HHHHB", *at, *size, 0) + b"\x02\x02\x44\x01\x00"
    return head + (control + frame) * frames + b";"


def animation(kind: str, side: int, frames: int, **options: Any) -> bytes:
    shown = [Pillow.effect_noise((side, side), 20 + number % 50).convert("RGB") for number in range(frames)]
    return saved(shown[0], kind, save_all=True, append_images=shown[1:], duration=50, **options)


def many_scans(data: bytes, times: int) -> bytes:
    """Repeat the last scan of a JPEG."""
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * times + data[-2:]


def with_exif(**options: Any) -> bytes:
    exif = Pillow.Exif()
    exif[0x010F] = "Secret camera"
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    return plain("JPEG", 60, 40, exif=exif, comment=SCRIPT, **options)


def two_in_one() -> bytes:
    """Return a photograph with a preview appended, as phones make them."""
    return saved(
        Pillow.new("RGB", (600, 400)), "MPO", save_all=True, append_images=[Pillow.new("RGB", (60, 40), "red")]
    )


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", SCRIPT)
    return out.getvalue()


def svg(words: bytes = b"") -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script>' + words + b"</svg>"


SMALL: dict[str, Maker] = {
    "gif-that-is-a-page": lambda: b"GIF89a/*" + SCRIPT + b"*/=1;",
    "gif-with-a-page": lambda: plain("GIF", 20, 20, "P", comment=SCRIPT),
    "gif-beside-its-canvas": lambda: gif(10, 10, 3, (10, 10), (60_000, 60_000)),
    "gif-of-many-frames": lambda: gif(1, 1, 300_000),
    "jpeg-with-a-page": with_exif,
    "jpeg-with-a-page-behind": lambda: plain("JPEG", 20, 20) + SCRIPT,
    "jpeg-with-an-archive": lambda: plain("JPEG", 20, 20) + zipped(),
    "jpeg-of-many-scans": lambda: many_scans(plain("JPEG", 3000, 3000, progressive=True), 20_000),
    "jpeg-of-a-telephone": two_in_one,
    "jpeg-cut": lambda: noisy("JPEG", 600, 400)[:-20_000],
    "jpeg-cmyk": lambda: plain("JPEG", 300, 200, "CMYK"),
    "jpeg-with-a-large-profile": lambda: plain("JPEG", 300, 200, icc_profile=SCRIPT * 25_000),
    "png-with-a-page": lambda: png(20, 20, more=[chunk(b"tEXt", b"Comment\0" + SCRIPT)]),
    "png-with-a-page-behind": lambda: png(20, 20) + SCRIPT,
    "png-with-a-bomb-of-words": lambda: png(20, 20, more=[chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2 * 10**7)))]),
    "png-with-a-bomb-of-colours": lambda: png(
        20, 20, more=[chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2 * 10**7)))]
    ),
    "png-with-more-than-it-says": lambda: png(20, 20, lines=zlib.compress(bytes(2 * 10**7))),
    "png-that-claims-frames": lambda: png(20, 20, more=[chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))]),
    "png-16-bit-grey": lambda: png(60, 40, depth=16, colour=0),
    "png-16-bit": lambda: png(60, 40, depth=16, colour=6),
    "png-cut": lambda: noisy("PNG", 300, 300)[:-20_000],
    "png-of-no-size": lambda: png(0, 0),
    "webp-with-a-page": lambda: plain("WEBP", 20, 20, xmp=SCRIPT),
    "webp-cut": lambda: noisy("WEBP", 600, 400)[:-5_000],
    "avif-with-a-page": lambda: plain("AVIF", 20, 20, xmp=SCRIPT),
    "avif-cut": lambda: noisy("AVIF", 600, 400)[:-5_000],
    "svg": svg,
    "svg-after-much": lambda: b"<!--" + b" " * 3000 + b"-->" + svg(),
    "svgz": lambda: gzip.compress(svg()),
    "page": lambda: SCRIPT,
    "pdf": lambda: b"%PDF-1.7\n" + SCRIPT,
    "postscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "tiff": lambda: plain("TIFF", 20, 20),
    "bmp": lambda: plain("BMP", 20, 20),
    "icon": lambda: plain("ICO", 32, 32),
    "heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500),
    "nothing": lambda: b"",
    "zeroes": lambda: bytes(1_000_000),
}
LARGE: dict[str, Maker] = {
    "gif-of-large-frames": lambda: gif(4000, 4000, 199),
    "gif-at-the-bound": partial(plain, "GIF", 4000, 4000, "P"),
    "gif-animated": partial(animation, "GIF", 200, 199),
    "gif-animated-long": partial(animation, "GIF", 120, 250),
    "jpeg-at-the-bound": partial(plain, "JPEG", 8000, 5000, subsampling=0),
    "jpeg-noisy": partial(noisy, "JPEG", 6000, 4000, quality=40),
    "jpeg-cmyk-at-the-bound": partial(plain, "JPEG", 8000, 5000, "CMYK"),
    "jpeg-in-scans": partial(plain, "JPEG", 8000, 5000, progressive=True, subsampling=2),
    "jpeg-in-whole-scans": partial(plain, "JPEG", 8000, 5000, progressive=True, subsampling=0),
    "jpeg-cmyk-in-scans": partial(plain, "JPEG", 8000, 5000, "CMYK", progressive=True),
    "jpeg-in-40-scans": lambda: many_scans(plain("JPEG", 7000, 5700, progressive=True), 30),
    "png-at-the-bound": partial(png, 6800, 5000),
    "png-see-through-at-the-bound": partial(png, 6800, 5000, colour=6),
    "png-woven": partial(png, 6800, 5000, woven=1),
    "png-16-bit-at-the-bound": partial(png, 3400, 5000, depth=16, colour=6),
    "png-16-bit-grey-at-the-bound": partial(png, 3400, 5000, depth=16, colour=0),
    "png-palette-at-the-bound": partial(png, 6800, 5000, colour=3),
    "png-grey-see-through": partial(png, 6800, 5000, colour=4),
    "png-1-bit-at-the-bound": partial(png, 6800, 5000, depth=1, colour=0),
    "png-strip": partial(png, 30_000, 1133),
    "png-tower": partial(png, 1133, 30_000),
    "png-line": partial(png, 36_000_000, 1),
    "png-pole": partial(png, 1, 36_000_000),
    "png-noisy": partial(noisy, "PNG", 2500, 2500, "L"),
    "png-noisy-colours": lambda: saved(noise_of(1700, 1700), "PNG", compress_level=1),
    "png-animated": partial(animation, "PNG", 130, 199),
    "png-bomb": partial(png, 10_000, 10_000, depth=1, colour=0),
    "png-that-claims-much": lambda: png(60_000, 60_000, lines=b"x"),
    "webp-at-the-bound": partial(plain, "WEBP", 4000, 2500, lossless=True),
    "webp-past-the-bound": partial(plain, "WEBP", 8000, 5000),
    "webp-noisy": partial(noisy, "WEBP", 4000, 2500),
    "webp-see-through": partial(noisy, "WEBP", 3000, 3000, "RGBA"),
    "webp-animated": partial(animation, "WEBP", 200, 199, method=0),
    "png-past-the-bound-in-16-bit": partial(png, 7200, 5000, depth=16, colour=0),
    "avif-at-the-bound": partial(plain, "AVIF", 4000, 2500, speed=10),
    "avif-noisy": partial(noisy, "AVIF", 3000, 3000, "RGBA", speed=10),
    "avif-animated": partial(animation, "AVIF", 200, 60, speed=10),
}  # fmt: skip


def memory() -> float:
    """Return the peak memory of this process in MB."""
    with Path("/proc/self/status").open() as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmHWM"))) / 1024


def weigh(data: bytes) -> str:
    from django.conf import settings

    settings.configure(USE_I18N=False)
    from blog.images import reencode

    reencode.reencode(plain("PNG", 9, 9))  # so that all that is needed is there
    before, began = memory(), time.process_time()
    try:
        kind, made = reencode.reencode(data)
        outcome = f"{kind} {len(made)}"
    except reencode.InvalidPicture as error:
        outcome = f"refused: {error}"
    return f"{time.process_time() - began:.2f}\t{memory() - before:.0f}\t{outcome}"


if __name__ == "__main__":
    sys.stdout.write(weigh(sys.stdin.buffer.read()))
