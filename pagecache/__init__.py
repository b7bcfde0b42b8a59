"""Ready pages as bytes, in front of Django: a page says what it was made from, a write moves those generations."""

from pagecache.declaration import made_from
from pagecache.generations import bump

__all__ = ["bump", "made_from"]
