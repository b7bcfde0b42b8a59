"""What a process keeps of the pages that it has rendered."""

from comments.threads import rendering
from pagecache import frames


def clear() -> None:
    """Forget all of it, as in a new process."""
    frames.store.clear()
    rendering.thread_html_cache.clear()
    rendering.comment_html_cache.templates.clear()
