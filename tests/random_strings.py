"""Print randomly chosen strings that people see, to read them apart from their pages.

`python -m tests.random_strings --seed 15 --count 100`
"""

import argparse
import random

from tests.strings import visible_strings


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.random_strings", description="Print strings drawn at random."
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same strings (default: 1)")
    parser.add_argument("--count", type=int, default=100, help="number of strings (default: 100)")
    options = parser.parse_args()
    by_text = {each.text: each for each in reversed(visible_strings())}  # each text once, at its first position
    texts = sorted(by_text)
    for text in random.Random(options.seed).sample(texts, min(options.count, len(texts))):
        string_ = by_text[text]
        print(f"{string_.place}: {' | '.join(' '.join(each.split()) for each in string_.texts)}")


if __name__ == "__main__":
    main()
