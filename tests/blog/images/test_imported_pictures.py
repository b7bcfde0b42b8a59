"""Imported pictures are stored on this site, or rejected with a reason."""

import io
import re
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image as Pillow
from pytest_django import Settings

from blog.images import reencode, uploads
from blog.models import Essay, Image
from tests import make
from tests.blog.essay_forms import EssayForm

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]
HOSTILE = Path(__file__).resolve().parents[4] / "shared/data/security/files"


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def encoded(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    Pillow.new(mode, size, options.pop("color", 128)).save(out, kind, **options)
    return out.getvalue()


def opened(image: Image) -> Pillow.Image:
    return Pillow.open(io.BytesIO(stored_bytes(image)))


def stored_bytes(image: Image) -> bytes:
    with image.file.open() as file:
        return bytes(file.read())


@pytest.mark.parametrize(
    ("kind", "kept_as"), [("JPEG", "JPEG"), ("PNG", "PNG"), ("GIF", "GIF"), ("WEBP", "WEBP"), ("AVIF", "JPEG")]
)
def test_a_picture_is_stored_under_a_generated_name(kind: str, kept_as: str) -> None:
    kept = uploads.store(encoded(kind), source="https://old.example/x.php?<b>", alt=" A\n hill ")
    assert re.fullmatch(rf"images/\d{{4}}/\d\d/[0-9a-f]{{16}}\.{reencode.EXTENSIONS[kept_as]}", str(kept.file))
    assert (kept.width, kept.height, kept.alt) == (60, 40, "A hill")
    assert opened(kept).format == kept_as


def test_metadata_is_removed() -> None:
    exif = Pillow.Exif()
    exif[0x010F] = "Secret camera"
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    data = encoded("JPEG", exif=exif, comment=b"Secret remark")
    assert b"Secret" in data
    kept = uploads.store(data)
    assert b"Secret" not in stored_bytes(kept)
    assert not opened(kept).getexif()


def test_a_rotated_picture_is_turned_upright() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    kept = uploads.store(encoded("JPEG", (60, 40), exif=exif))
    assert (kept.width, kept.height) == (40, 60)


def test_a_large_picture_is_scaled_down() -> None:
    kept = uploads.store(encoded("PNG", (5000, 2500), mode="P"))
    assert (kept.width, kept.height) == (2560, 1280)


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
def test_every_kind_of_jpeg_is_read(mode: str) -> None:
    assert opened(uploads.store(encoded("JPEG", mode=mode))).mode in {"RGB", "L"}


def test_transparency_is_kept() -> None:
    kept = opened(uploads.store(encoded("PNG", mode="RGBA", color=(1, 2, 3, 0))))
    assert kept.getpixel((0, 0)) == (1, 2, 3, 0)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_is_kept(kind: str) -> None:
    frames = [Pillow.new("RGB", (20, 20), (shade, 0, 0)) for shade in (0, 120, 240)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=70, loop=0)
    kept = opened(uploads.store(out.getvalue()))
    assert getattr(kept, "n_frames", 1) == 3


def test_a_too_long_animation_becomes_a_still_picture() -> None:
    frames = [Pillow.new("P", (8, 8), shade) for shade in range(250)]
    for frame in frames:
        frame.putpalette([part for shade in range(256) for part in (shade, shade, shade)])
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], optimize=False)
    assert Pillow.open(io.BytesIO(out.getvalue())).n_frames == 250  # type: ignore[attr-defined]
    assert getattr(opened(uploads.store(out.getvalue())), "n_frames", 1) == 1


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


REFUSED = {
    "nothing": (b"", "not a valid JPEG"),
    "words": (b"<html><script>alert(1)</script>", "not a valid JPEG"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG"),
    "tiff": (encoded("TIFF"), "not a valid JPEG"),
    "cut short": (encoded("PNG", (300, 300))[:60], "not a valid JPEG"),
    "many pixels": (png_that_claims(8000, 8000), "pixels"),
    "very many pixels": (png_that_claims(60000, 60000), "pixels"),
    "many bytes": (b"\xff\xd8" + bytes(uploads.MAX_BYTES), "larger than 10 MB"),
}
if HOSTILE.is_dir():
    REFUSED |= {file.name: (file.read_bytes(), "p") for file in HOSTILE.iterdir() if file.suffix in {".png", ".svg"}}


@pytest.mark.parametrize("name", REFUSED)
def test_an_invalid_picture_is_rejected_at_once_and_leaves_nothing(name: str) -> None:
    data, why = REFUSED[name]
    start = time.process_time()
    with pytest.raises(uploads.InvalidPicture, match=why):
        uploads.store(data)
    assert time.process_time() - start < 1
    assert not Image.objects.exists()
    assert not default_storage.exists("images")


# Pictures of an essay that is saved


DEAD = (
    "x", "../x.png", "/admin/blog/essay/add/x", "http://127.0.0.1:8000/admin/blog/essay/add/x", "data:image/png;base64,AAAA",
    "blob:http://127.0.0.1:8000/1", "file:///C:/x.png", "https://far.example/x.png", "/media/images/gone.png",
)  # fmt: skip


@pytest.mark.parametrize("address", DEAD)
def test_a_saved_essay_contains_no_external_picture(address: str) -> None:
    essay_form = EssayForm(make.author("miriam"))
    essay_form.open()
    body = f'<p>Words.</p><p><img src="{address}" alt="A hill"></p>'
    answer = essay_form.client.post(
        essay_form.address, {**essay_form.values, "_draft": "1", "title": "T", "body": body}, follow=True
    )
    assert Essay.objects.get().body == "<p>Words.</p>"
    assert "was left out: A hill." in answer.content.decode()


def test_a_saved_essay_keeps_pictures_on_this_site() -> None:
    image = uploads.store(encoded("JPEG"), alt="A hill")
    essay_form = EssayForm(make.author("miriam"))
    essay_form.open()
    own, whole = (f'<p><img src="{site}{image.file.url}" alt=""></p>' for site in ("", settings.SITE_URL))
    essay_form.save(title="T", body=own + whole)
    assert Essay.objects.get().body == own + own


def test_saving_keeps_a_picture_that_an_import_still_has_to_fetch() -> None:
    body = '<p>Words. <img src="https://old.example/a.jpg" alt=""></p>'
    author = make.author("miriam")
    essay = make.essay("Imported", by=author, body=body)
    essay_form = EssayForm(author, essay)
    essay_form.open()
    essay_form.save(body=body.replace("Words", "More words"))
    assert essay.revisions.newest().body == body.replace("Words", "More words")  # type: ignore[union-attr]
    essay_form.open()
    image = uploads.store(encoded("JPEG"), source="https://old.example/a.jpg")
    essay_form.save(body=body.replace("Words", "Most words"))
    assert image.file.url in essay.revisions.newest().body  # type: ignore[union-attr]


@pytest.mark.parametrize("address", DEAD[:8])
def test_pasting_drops_and_lists_external_pictures(address: str) -> None:
    essay_form = EssayForm(make.author("miriam"))
    html = f'<p>Words.</p><p><img src="{address}" alt="A hill"></p>'
    answer = essay_form.client.post("/admin/blog/essay/clean/", html, content_type="text/html").json()
    assert answer["html"] == "<p>Words.</p>"
    assert answer["lost"] == [
        "1 picture that couldn’t be pasted. Save it on your computer and add it with “Picture”: A hill"
    ]
