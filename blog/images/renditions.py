"""Renditions of pictures in the widths and formats that browsers choose from, and the files of each picture."""

import io
from collections.abc import Iterable

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

import pagecache
from blog import markup
from blog.markup import figures
from blog.markup.reading import BodyParser
from blog.models import Essay, Image
from blog.models.image import rendition_name
from server.jobs.tasks import job

WIDTHS = (480, 960, 1440, 1920)
LOWEST_PRIORITY = -50  # emails do not wait for pictures
# Best first. AVIF's slowest speeds take a minute for a tenth of the bytes; this one takes about a second.
FORMATS: dict[str, dict[str, object]] = {
    "avif": {"quality": 60, "speed": 8, "max_threads": 1},
    "webp": {"quality": 80, "method": 4},
}
NO_RENDITIONS: dict[str, list[int]] = {kind: [] for kind in FORMATS}


@job(retry=True)
def render(pk: int) -> None:
    """Create an image's renditions. A missing or invalid file counts as needing none, so it is not tried again.

    Until then, and where no rendition is smaller, pages show the original file.
    """
    image = Image.objects.filter(pk=pk).first()
    if image is None:
        return
    try:
        forms = create_renditions(image)
    except (FileNotFoundError, UnidentifiedImageError, Pillow.DecompressionBombError):
        forms = dict(NO_RENDITIONS)
    with transaction.atomic():
        Image.objects.filter(pk=pk).update(renditions=forms)
        if Essay.objects.filter(Q(body__contains=str(image.file)) | Q(cover=image)).exists():
            pagecache.invalidate("site")  # feeds show it too


def create_renditions(image: Image) -> dict[str, list[int]]:
    """Store an image's renditions; return their widths by format: none for an animation or where no file is smaller."""
    with image.file.open("rb") as file, Pillow.open(file) as opened:
        if getattr(opened, "n_frames", 1) > 1:
            return dict(NO_RENDITIONS)
        opened.load()
        profile = opened.info.get("icc_profile")
        picture = convert_to_rgb(opened)
        found = dict(NO_RENDITIONS)
        for kind in FORMATS:
            widths = rendition_widths(picture.width)
            files = {width: encode_rendition(picture, width, kind, profile) for width in widths}
            if len(files[max(files)]) < image.file.size:
                for width, data in files.items():
                    write_file(rendition_name(str(image.file), width, kind), data)
                found[kind] = list(files)
    return found


def rendition_widths(width: int) -> list[int]:
    """Return the widths in which a picture of this width is stored, none wider than itself."""
    return [each for each in WIDTHS if each < width] + ([width] if width <= WIDTHS[-1] else [])


def convert_to_rgb(picture: Pillow.Image) -> Pillow.Image:
    is_see_through = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    return picture.convert("RGBA" if is_see_through else "RGB")


def encode_rendition(picture: Pillow.Image, width: int, kind: str, profile: bytes | None) -> bytes:
    """Return the bytes of a picture in this width and format, with its color profile."""
    height = max(1, round(picture.height * width / picture.width))
    small = picture if width == picture.width else picture.resize((width, height), Pillow.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, format=kind.upper(), icc_profile=profile, **FORMATS[kind])
    return out.getvalue()


def write_file(name: str, data: bytes) -> None:
    """Write a file, replacing one of the same name, so that a job can run twice."""
    default_storage.delete(name)
    default_storage.save(name, ContentFile(data))


def file_names(image: Image) -> list[str]:
    """Return the names of a picture's own file and of its renditions."""
    name = str(image.file)
    return [name, *(rendition_name(name, width, kind) for kind, made in image.renditions.items() for width in made)]


def keep_local_pictures(html: str, *, before: str = "") -> tuple[str, list[str]]:
    """Drop pictures on other sites from cleaned HTML; return the HTML and the names of the dropped ones.

    Those in `before`, the same text as it was stored, are kept: an import may still have to fetch them.
    """
    sources = figures.picture_addresses(html)
    if not sources:
        return html, []
    addresses = {each: each for each in figures.picture_addresses(before)}
    addresses |= {image.source: image.file.url for image in Image.objects.filter(source__in=sources)}
    prefix = default_storage.url("")
    names = [own.removeprefix(prefix) for own in map(local_url, sources) if own.startswith(prefix)]
    addresses |= {url: url for url in Image.objects.pictures_by_url(names)}
    kept, dropped = figures.replace_addresses(html, lambda url: addresses.get(url) or addresses.get(local_url(url)))
    return (markup.clean_essay(kept) if dropped else kept), dropped


def find_unstorable(typed: str) -> list[str]:
    """Return the names of pictures in typed HTML whose addresses, such as `data:` or `file:`, cleaning removes."""
    if "<img" not in typed.lower():
        return []
    pictures = BodyParser(typed).images
    return [figures.picture_name(source, alt) for source, alt in pictures if markup.picture_address(source) is None]


def local_url(address: str) -> str:
    """Return an address on this site without scheme and host, and any other unchanged."""
    return address.removeprefix(settings.SITE_URL) if address.startswith(f"{settings.SITE_URL}/") else address


def prefetch_pictures(essays: Iterable[Essay]) -> list[Essay]:
    """Set each essay's `pictures` with one query for all, and return the essays as a list."""
    listed = list(essays)
    pictures = Image.objects.in_html("".join(essay.body for essay in listed))
    for essay in listed:
        essay.pictures = pictures
    return listed


@transaction.atomic
def delete(image: Image) -> None:
    """Delete an image's row, and its file and renditions after the commit."""
    files = file_names(image)
    image.delete()
    transaction.on_commit(lambda: delete_files(files))


def delete_files(files: Iterable[str]) -> None:
    for name in files:
        default_storage.delete(name)
