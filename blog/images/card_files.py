"""Files of drawn preview cards: one for each essay, and one for the site."""

import threading
from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

FOLDER = "cards"
drawing_lock = threading.Lock()  # one card at a time in a process


def load_or_draw(name: str, version: str, draw_card: Callable[[], bytes]) -> bytes:
    """Return the stored card of this version, or draw it and store it in place of the last one."""
    path = f"{FOLDER}/{name}/{version}.png"
    if found := load(path):
        return found
    with drawing_lock:
        if found := load(path):  # by another thread, since then
            return found
        data = draw_card()
        delete(name)
        default_storage.save(path, ContentFile(data))
    return data


def load(path: str) -> bytes:
    try:
        with default_storage.open(path) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return b""


def delete(name: str) -> None:
    """Delete the stored versions of a card."""
    folder = f"{FOLDER}/{name}"
    try:
        _folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for file in files:
        default_storage.delete(f"{folder}/{file}")
