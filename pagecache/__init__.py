"""Pages cached as bytes in front of Django: a page names what it depends on, and a write invalidates that."""

from pagecache.declaration import made_from
from pagecache.generations import bump

__all__ = ["bump", "made_from"]
