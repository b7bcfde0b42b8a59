"""Pages cached as bytes in front of Django: a page names what it depends on, and a write invalidates that."""

from pagecache.declaration import mark_cacheable
from pagecache.generations import invalidate

__all__ = ["invalidate", "mark_cacheable"]
