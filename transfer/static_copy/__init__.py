"""A static copy of the site: every public page as a file with relative links, readable without a server."""

from transfer.static_copy.copying import write

__all__ = ["write"]
