"""Pages cached as bytes in front of Django: a page names what it depends on, and a write invalidates that."""

from pagecache.declaration import expire_page_at, mark_cacheable
from pagecache.generations import Announcing, invalidate, record_announcement

__all__ = ["Announcing", "expire_page_at", "invalidate", "mark_cacheable", "record_announcement"]
