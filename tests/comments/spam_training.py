"""Invented spam and good comments, enough to train the filter."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from comments.models import Decision, Rules, SpamModel

WARES = ["watches", "handbags", "sunglasses", "tablets", "mattresses", "followers", "lamps", "shoes"]
PLEAS = [
    "Cheap {} for everybody, click http://bit.ly/{}",
    "BUY {} NOW at www.{}-outlet.example!!!",
    "Best price for {}, order today: http://{}.example/shop",
    "I sell {} very cheap, visit my shop {}.example",
    "Discount on {}! Click here and order cheap {}",
]
THEMES = ["harbour", "garden", "lighthouse", "letters", "bridge", "school", "winter", "library"]
THOUGHTS = [
    "What you say about the {} reminds me of my grandmother.",
    "I do not agree about the {}, and I will say why tomorrow.",
    "The part about the {} is the best of the essay.",
    "Where did you find the map of the {}?",
    "Our town had a {} too, until the war.",
]
SPAM = [plea.format(ware, ware) for plea in PLEAS for ware in WARES]
GOOD = [thought.format(theme) for thought in THOUGHTS for theme in THEMES]


def examples() -> list[list[str]]:
    return [[text, "1"] for text in SPAM] + [[text, "0"] for text in GOOD]


def write_csv(path: Path, rows: list[list[str]], columns: str = "CONTENT,CLASS") -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns.split(","))
        writer.writerows(rows)
    return path


def spam_command(*arguments: object) -> tuple[str, str]:
    """Run the `spam` command and return its output and errors."""
    out, err = StringIO(), StringIO()
    call_command("spam", *map(str, arguments), stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


LEARNT: list[tuple[dict[str, Any], str]] = []


def train(folder: Path) -> None:
    """Train the filter with `spam learn`. On an empty database, the result of the first run is restored."""
    is_new = not SpamModel.objects.exists() and not Decision.objects.exists()
    if is_new and LEARNT:
        SpamModel.objects.save_fields(**LEARNT[0][0])
        Rules.objects.update_or_create(pk=1, defaults={"spam_stamp": LEARNT[0][1]})
        return
    spam_command("learn", write_csv(folder / "both.csv", examples()))
    if is_new:
        left = SpamModel.objects.values().get()
        kept = {name: value for name, value in left.items() if name not in {"id", "changed"}}
        LEARNT.append((kept, Rules.objects.get().spam_stamp))
