"""Words as they are compared: without case, spaces as one."""


def fold_words(text: str) -> str:
    return " ".join(text.casefold().split())


def first_in(words: str, folded: str) -> str:
    """The first of these words, one a line, that stands in folded text; else nothing."""
    return next((word for word in map(fold_words, words.splitlines()) if word and word in folded), "")
