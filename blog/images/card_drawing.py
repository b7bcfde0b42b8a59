"""Draws the picture of a preview card for pages without one: title, author and site in the site's typeface."""

import io
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1200, 630  # what Facebook, X, LinkedIn and Mastodon show without cutting it
MARGIN = 96
PAPER, INK, QUIET, RUBRIC, HAIR = "#fcfaf5", "#231d19", "#5f5751", "#b1231f", "#d9d4cb"  # light colors of base.css
COLORS = 64  # of the file: enough for smooth edges of letters in three inks
TITLE_TOP, TITLE_BOTTOM = 176, 484  # between the masthead and the byline
MAX_LINES = 4
TITLE_SIZES = range(124, 51, -4)
FEWER_LINES = 0.84  # a title may shrink to this part of its size to need fewer lines
LINE_HEIGHT = 1.1
TRACKING = 0.08  # of the size, between small capitals
ELLIPSIS = "…"
VARIATION = re.compile("[\ufe00-\ufe0f]")  # selectors of a letter's variant, as in some emoji
ENLARGEMENT = 8  # of the mark while it is drawn, because Pillow does not smooth edges

# Fonts by face; a letter is set in the first one that has it.
TEXT_FONTS = ("alegreya-400", "alegreya-400-ext")
FACES = {
    "text": TEXT_FONTS,
    "italic": ("alegreya-400i", "alegreya-400i-ext", *TEXT_FONTS),
    "caps": ("alegreya-sc-400", "alegreya-sc-400-ext", *TEXT_FONTS),
}


class CardText(NamedTuple):
    """What a card says; empty parts are left out."""

    site: str
    title: str = ""
    authors: tuple[str, ...] = ()
    tagline: str = ""


def draw(text: CardText) -> bytes:
    """Return a card as PNG. A line with letters that our fonts lack is left out, be it the title or the site's name."""
    site, title, tagline, *authors = (
        line if is_drawable(line) else "" for line in map(tidy, (text.site, text.title, text.tagline, *text.authors))
    )
    authors = list(filter(None, authors))
    card = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    if title:
        draw_masthead(card, site)
        draw_title(card, title, bottom=TITLE_BOTTOM if authors else HEIGHT - MARGIN // 2)
        draw_byline(card, authors)
    else:
        draw_site(card, site, ", ".join(authors) or tagline, "caps" if authors else "italic")
    out = io.BytesIO()
    # The palette is chosen from a card's own colors, and without dithering paper stays one even color.
    card.quantize(COLORS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


def draw_masthead(card: Image.Image, site: str) -> None:
    """Draw the mark and the site's name at the top, above a thin line, as on the site."""
    draw_mark(card, MARGIN - 6, 60, 60)
    shown = fit_line(site, "caps", 34, WIDTH - 2 * MARGIN - 78)
    draw_line(card, (MARGIN + 78, 104), shown, "caps", 34, INK)
    ImageDraw.Draw(card).rectangle((0, 150, WIDTH, 151), fill=HAIR)


def draw_title(card: Image.Image, title: str, *, bottom: int) -> None:
    """Draw the title in the largest size that fits, halfway between the masthead and `bottom`."""
    size, lines = set_title(title, height=bottom - TITLE_TOP)
    top = (TITLE_TOP + bottom - len(lines) * size * LINE_HEIGHT) / 2
    for number, line in enumerate(lines):
        draw_line(card, (MARGIN, round(top + (number + 0.78) * size * LINE_HEIGHT)), line, "text", size, INK)


def draw_byline(card: Image.Image, authors: list[str]) -> None:
    """Draw the authors at the bottom."""
    if authors:
        names = fit_line(", ".join(authors), "caps", 36, WIDTH - 2 * MARGIN)
        draw_line(card, (MARGIN, HEIGHT - MARGIN + 18), names, "caps", 36, QUIET)


def draw_site(card: Image.Image, site: str, line: str, face: str) -> None:
    """Draw the mark and the site's name in the middle, with one line below."""
    parts = bool(site) + bool(line)
    top = HEIGHT // 2 - 90 - 55 * parts
    draw_mark(card, WIDTH // 2 - 74, top, 148)
    if site:
        size = next((each for each in range(92, 47, -4) if measure(site, "caps", each) <= WIDTH - 2 * MARGIN), 48)
        draw_centered(card, top + 250, fit_line(site, "caps", size, WIDTH - 2 * MARGIN), "caps", size, INK)
    if line:
        size = 36 if face == "caps" else 42
        draw_centered(card, top + (330 if site else 230), fit_line(line, face, size, 960), face, size, QUIET)


def draw_centered(card: Image.Image, baseline: int, text: str, face: str, size: int, color: str) -> None:
    draw_line(card, (round((WIDTH - measure(text, face, size)) / 2), baseline), text, face, size, color)


def draw_mark(card: Image.Image, left: int, top: int, side: int) -> None:
    """Draw the two pilcrows of static/mark.svg, the second one in red."""
    scale = side * ENLARGEMENT / 32
    for color, is_mirrored in ((INK, False), (RUBRIC, True)):
        shape = Image.new("L", (side * ENLARGEMENT, side * ENLARGEMENT))
        pen = ImageDraw.Draw(shape)
        pen.rectangle((3 * scale, 3 * scale, 5.6 * scale, 29 * scale), fill=255)
        pen.rectangle((7.4 * scale, 3 * scale, 8.3 * scale, 17 * scale), fill=255)
        pen.pieslice((1.3 * scale, 3 * scale, 15.3 * scale, 17 * scale), -90, 90, fill=255)
        if is_mirrored:
            shape = shape.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        card.paste(color, (left, top), shape.resize((side, side), Image.Resampling.LANCZOS))


def set_title(title: str, *, height: int) -> tuple[int, list[str]]:
    """Return the size of a title and its lines, cut with an ellipsis if even the smallest size is too large."""
    words, width = keep_dashes(title).split(" "), WIDTH - 2 * MARGIN
    fitting: list[tuple[int, int]] = []  # sizes with their numbers of lines, the largest first
    for size in TITLE_SIZES:
        lines, most = wrap(words, size, width), min(MAX_LINES, int(height / (size * LINE_HEIGHT)))
        if len(lines) <= most and all(measure(line, "text", size) <= width for line in lines):
            fitting.append((size, len(lines)))
        if fitting and size < fitting[0][0] * FEWER_LINES:
            break
    if fitting:
        size, count = min(fitting, key=lambda found: (found[1], -found[0]))
        return size, balance(words, size, width, count)
    kept, rest = lines[: most - 1], " ".join(lines[most - 1 :])
    return size, [fit_line(line, "text", size, width) for line in (*kept, rest) if line]


def keep_dashes(title: str) -> str:
    """Return the title with no-break spaces before dashes, so that no line begins with one."""
    return title.replace(" –", "\N{NO-BREAK SPACE}–").replace(" —", "\N{NO-BREAK SPACE}—")


def wrap(words: list[str], size: int, width: float) -> list[str]:
    """Return the words in lines of at most this width; a longer word has a line of its own."""
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if measure(longer, "text", size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def balance(words: list[str], size: int, width: int, count: int) -> list[str]:
    """Return the words in this number of lines, of about the same length."""
    narrower = (each for each in range(width // 3, width, 12) if len(wrap(words, size, each)) <= count)
    narrowest = next(narrower, width)
    return wrap(words, size, narrowest)


def fit_line(text: str, face: str, size: int, width: float) -> str:
    """Return the text, cut to this width with an ellipsis: after a word, or inside the only one."""
    if measure(text, face, size) <= width:
        return text
    end = next(end for end in range(len(text)) if measure(text[: end + 1] + ELLIPSIS, face, size) > width)
    cut = text[:end].rpartition(" ")[0] or text[:end]
    return cut.rstrip(" ,;:.–—-") + ELLIPSIS


def measure(text: str, face: str, size: int) -> float:
    """Return the width of a line in pixels."""
    return sum(width for _part, _font, width in runs(text, face, size))


def draw_line(card: Image.Image, start: tuple[int, int], text: str, face: str, size: int, color: str) -> None:
    """Draw a line from this point of its baseline."""
    pen, (left, baseline) = ImageDraw.Draw(card), start
    position = float(left)
    for part, font, width in runs(text, face, size):
        pen.text((position, baseline), part, fill=color, font=font, anchor="ls")
        position += width


def runs(text: str, face: str, size: int) -> Iterator[tuple[str, ImageFont.FreeTypeFont, float]]:
    """Yield the parts of a line that one font draws, with their widths; small capitals one by one, for tracking."""
    fonts = load_fonts(face, size)
    chosen = [next((font for font in fonts if has_glyph(str(font.path), letter)), fonts[0]) for letter in text]
    start = 0
    for end in range(1, len(text) + 1):
        font = chosen[start]
        if end < len(text) and chosen[end] is font:
            if face == "caps":
                kerned = font.getlength(text[start : end + 1]) - font.getlength(text[end])
                yield text[start], font, kerned + size * TRACKING
                start = end
        else:
            yield text[start:end], font, font.getlength(text[start:end]) + (size * TRACKING if face == "caps" else 0)
            start = end


def is_drawable(text: str) -> bool:
    """Return whether our fonts have every letter of a text."""
    return all(any(has_glyph(str(font.path), letter) for font in load_fonts("text", 32)) for letter in text)


@lru_cache(maxsize=64)
def load_fonts(face: str, size: int) -> tuple[ImageFont.FreeTypeFont, ...]:
    folder = settings.BASE_DIR / "static/fonts"
    return tuple(ImageFont.truetype(str(folder / f"{name}.woff2"), size) for name in FACES[face])


@cache
def has_glyph(path: str, letter: str) -> bool:
    """Return whether a font has a letter: the subsets that we made draw nothing for one that they lack."""
    try:
        return letter.isspace() or ImageFont.truetype(path, 32).getmask(letter).getbbox() is not None
    except ValueError:  # from Raqm, for letters that are never visible
        return False


def tidy(text: str) -> str:
    """Return a text with composed letters, single spaces, and nothing invisible, such as soft hyphens."""
    letters = (letter for letter in unicodedata.normalize("NFC", text) if unicodedata.category(letter) != "Cf")
    return " ".join(VARIATION.sub("", "".join(letters)).split())
