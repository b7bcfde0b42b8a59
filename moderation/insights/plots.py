"""Small SVG plots without inline styles, which the content security policy forbids."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 400, 180
START, END, TOP, BOTTOM = 50, 392, 12, 154  # edges of the plot area
Number = float | None
Label = Callable[[float], str]


@dataclass(frozen=True)
class Series:
    """One line or kind of bar: its CSS class and its values, None for a gap."""

    kind: str
    values: Sequence[Number]


def lines(series: Sequence[Series], labels: Sequence[str], *, description: str, label: Label = str) -> SafeString:
    """Draw values over time as lines with gaps; `label` formats the numbers of the y axis."""
    top = round_up(max((value for each in series for value in each.values if value is not None), default=0))
    step = (END - START) / max(1, len(labels) - 1)
    parts = [grid(top, label), x_labels(labels, lambda at: START + at * step)]
    for each in series:
        for run in runs(each.values):
            points = [(START + at * step, y_of(value, top)) for at, value in run]
            parts.append(path(points, each.kind) if len(points) > 1 else dot(points[0], each.kind))
    return svg(parts, description)


def stacked(series: Sequence[Series], labels: Sequence[str], *, description: str) -> SafeString:
    """Draw stacked bars over time, the first series at the bottom."""
    totals = [sum(each.values[at] or 0 for each in series) for at in range(len(labels))]
    top = round_up(max(totals, default=0))
    step = (END - START) / max(1, len(labels))
    parts = [grid(top, "{:g}".format), x_labels(labels, lambda at: START + (at + 0.5) * step)]
    for at in range(len(labels)):
        below = 0.0
        for each in series:
            if value := each.values[at] or 0:
                parts.append(bar(START + at * step, step, below, below + value, top, each.kind))
                below += value
    return svg(parts, description)


@dataclass(frozen=True)
class Mark:
    """A labeled threshold on the x axis."""

    at: float
    label: str


def histograms(
    series: Sequence[Series], *, band: tuple[float, float] | None, marks: Sequence[Mark], description: str
) -> SafeString:
    """Draw the share of each series per bin of spam scores from 0 to 1; the band marks scores that are held."""
    bins = len(series[0].values)
    top = round_up(max((value for each in series for value in each.values if value), default=0))
    step = (END - START) / bins
    parts = []
    if band:
        x, end = (START + edge * (END - START) for edge in band)
        parts.append(rect(x, TOP, end - x, BOTTOM - TOP, "band"))
    parts.append(grid(top, lambda share: f"{share:.0f}%"))
    parts.append(x_labels(["0", "0.25", "0.5", "0.75", "1"], lambda at: START + at * (END - START) / 4))
    width = step / len(series)
    for number, each in enumerate(series):
        for at, value in enumerate(each.values):
            if value:
                parts.append(bar(START + at * step + number * width, width, 0, value, top, each.kind))
    for mark in marks:
        x = START + mark.at * (END - START)
        parts.append(format_html('<path class="line" d="M{} {}V{}"/>', svg_number(x), TOP - 4, BOTTOM))
        anchor = "end" if mark.at > 0.5 else "start"
        words = '<text x="{}" y="{}" text-anchor="{}">{}</text>'
        parts.append(format_html(words, svg_number(x + (-4 if mark.at > 0.5 else 4)), TOP + 4, anchor, mark.label))
    return svg(parts, description)


def svg(parts: Sequence[SafeString], description: str) -> SafeString:
    """Put drawn parts into an <svg> element, with a description for screen readers."""
    inside = mark_safe("".join(parts))  # noqa: S308 – each part was made safe
    frame = '<svg viewBox="0 0 {} {}" role="img" direction="ltr" aria-label="{}">{}</svg>'
    return format_html(frame, WIDTH, HEIGHT, description, inside)


def round_up(most: float) -> float:
    """Return the smallest round number (1, 2, 4 or 5 times a power of ten) that is not below `most`."""
    if most <= 0:
        return 1
    ten = 10 ** math.floor(math.log10(most))
    return next(round(float(ten * step), 10) for step in (1, 2, 4, 5, 10) if ten * step >= most)


def y_of(value: float, top: float) -> float:
    """Return the y coordinate of a value; `top` is the value at the upper edge."""
    return BOTTOM - (BOTTOM - TOP) * value / top


def grid(top: float, label: Label) -> SafeString:
    """Draw lines with numbers at zero, the middle and the value `top`; `label` formats a number."""
    rows = [(y_of(value, top), label(value), "axis" if not value else "grid") for value in (0, top / 2, top)]
    return format_html_join(
        "",
        '<path class="{}" d="M{} {}H{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
        ((kind, START, svg_number(y), END, START - 6, svg_number(y + 4), words) for y, words, kind in rows),
    )


def x_labels(labels: Sequence[str], x_of: Callable[[int], float]) -> SafeString:
    """Draw labels of the x axis, each at `x_of` its index; of more than five only the first, middle and last."""
    shown = range(len(labels)) if len(labels) <= 5 else (0, len(labels) // 2, len(labels) - 1)
    last = len(labels) - 1
    rows = [
        (svg_number(x_of(at)), BOTTOM + 18, "end" if at == last and last else "middle" if at else "start", labels[at])
        for at in shown
    ]
    return format_html_join("", '<text x="{}" y="{}" text-anchor="{}">{}</text>', rows)


def runs(values: Sequence[Number]) -> list[list[tuple[int, float]]]:
    """Split values at the gaps (None) into runs of index and value."""
    found: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            found.append([])
        else:
            found[-1].append((at, value))
    return [run for run in found if run]


def path(points: Sequence[tuple[float, float]], kind: str) -> SafeString:
    """Draw a line through points; `kind` is its CSS class."""
    data = "M" + "L".join(f"{svg_number(x)} {svg_number(y)}" for x, y in points)
    return format_html('<path class="{}" d="{}"/>', kind, data)


def dot(point: tuple[float, float], kind: str) -> SafeString:
    """Draw a value between two gaps, which no line reaches; `kind` is its CSS class."""
    return format_html('<circle class="{}" cx="{}" cy="{}" r="2"/>', kind, svg_number(point[0]), svg_number(point[1]))


def bar(x: float, width: float, low: float, high: float, top: float, kind: str) -> SafeString:
    """Draw a bar from one value to another; `top` is the value at the upper edge, `kind` the CSS class."""
    gap = min(1.5, width / 5)
    y, foot = y_of(high, top), y_of(low, top)
    return rect(x + gap / 2, y, width - gap, foot - y, f"{kind} fill")


def rect(x: float, y: float, width: float, height: float, kind: str) -> SafeString:
    """Return a <rect> element with the CSS class `kind`."""
    shape = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>'
    return format_html(shape, kind, svg_number(x), svg_number(y), svg_number(width), svg_number(height))


def svg_number(number: float) -> str:
    """Format a number for SVG, whatever the language."""
    return f"{number:.1f}".removesuffix(".0")
