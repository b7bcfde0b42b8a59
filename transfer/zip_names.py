"""Names of files in a ZIP archive, which macOS writes as UTF-8 without saying so."""

import unicodedata
import zipfile
from contextlib import suppress

_IS_UTF8 = 0x800


def readable_name(info: zipfile.ZipInfo) -> str:
    """Return a file's name with composed letters; macOS decomposes them."""
    name = info.filename
    if not info.flag_bits & _IS_UTF8:
        with suppress(UnicodeError):  # then it is in the encoding of the format, which the standard library read
            name = name.encode("cp437").decode()
    return unicodedata.normalize("NFC", name)
