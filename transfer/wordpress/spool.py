"""The comments of one item, kept in a temporary file, so that memory does not grow with their number."""

from array import array
from collections.abc import Iterator, Mapping
from tempfile import SpooledTemporaryFile

_NAMES = "id author author_email author_url date date_gmt content approved type parent user_id"
NAMES = tuple(f"wp:comment_{name}" for name in _NAMES.split())
IN_MEMORY = 1_000_000  # bytes of an item's comments; beyond them they go to disk
BETWEEN = "\0"  # no XML holds it


class Comments:
    """Texts by name, in the order of the file; each is read from the disk when it is asked for."""

    def __init__(self) -> None:
        self.file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 – closed below, once nothing holds the item
        self.ends = array("q", [0])

    def add(self, texts: Mapping[str, str]) -> None:
        self.file.seek(self.ends[-1])
        written = BETWEEN.join(texts.get(name, "").strip() for name in NAMES).encode("utf-8", "surrogatepass")
        self.file.write(written)
        self.ends.append(self.ends[-1] + len(written))

    def __del__(self) -> None:
        self.file.close()

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, index: int) -> dict[str, str]:
        self.file.seek(self.ends[index])
        written = self.file.read(self.ends[index + 1] - self.ends[index]).decode("utf-8", "surrogatepass")
        return dict(zip(NAMES, written.split(BETWEEN), strict=True))

    def __iter__(self) -> Iterator[dict[str, str]]:
        return (self[index] for index in range(len(self)))
