"""The demo's pictures, drawn when they are needed."""

import io

from PIL import Image, ImageDraw

SIZE = (1200, 675)
ENLARGEMENT = 2  # while drawing, because Pillow does not smooth edges
TABLE, SHADOW, PLATE, RIM, SOUP, GLINT, SPOON = (
    "#3a302a",
    "#2e2621",
    "#f3eee3",
    "#ddd5c5",
    "#b5502f",
    "#cf6e48",
    "#b9b2a6",
)


def plates() -> bytes:
    """Return a JPEG of soup plates on a dark table, seen from above; one of them is full."""
    picture = Image.new("RGB", (SIZE[0] * ENLARGEMENT, SIZE[1] * ENLARGEMENT), TABLE)
    pen = ImageDraw.Draw(picture)
    for x, y, radius in ((160, 90, 190), (1070, 45, 172), (1140, 630, 200), (285, 645, 180)):
        draw_plate(pen, x, y, radius)
    draw_plate(pen, 620, 338, 225)
    disc(pen, 620, 338, 147, SOUP)
    disc(pen, 598, 312, 45, GLINT)
    disc(pen, 598, 316, 44, SOUP)
    pen.line([side * ENLARGEMENT for side in (884, 188, 884, 420)], fill=SPOON, width=12 * ENLARGEMENT)
    pen.ellipse([side * ENLARGEMENT for side in (855, 405, 912, 510)], fill=SPOON)
    out = io.BytesIO()
    picture.resize(SIZE, Image.Resampling.LANCZOS).save(out, "JPEG", quality=88)
    return out.getvalue()


def draw_plate(pen: ImageDraw.ImageDraw, x: int, y: int, radius: int) -> None:
    disc(pen, x + 10, y + 13, radius, SHADOW)
    disc(pen, x, y, radius, PLATE)
    disc(pen, x, y, radius * 0.7, RIM)
    disc(pen, x, y, radius * 0.68, PLATE)


def disc(pen: ImageDraw.ImageDraw, x: int, y: int, radius: float, color: str) -> None:
    pen.ellipse([side * ENLARGEMENT for side in (x - radius, y - radius, x + radius, y + radius)], fill=color)


DRAWN = {"plates": plates}
