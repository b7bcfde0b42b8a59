"""The comments of one item in a temporary file, so that memory use doesn't grow with their number."""

from array import array
from collections.abc import Iterator, Mapping
from tempfile import SpooledTemporaryFile

_FIELDS = "id author author_email author_url date date_gmt content approved type parent user_id"
COMMENT_META = ("rejoinder_passage", "rejoinder_answer")
FIELDS = (*(f"wp:comment_{name}" for name in _FIELDS.split()), *COMMENT_META)
MAX_IN_MEMORY = 1_000_000  # bytes of an item's comments; more are written to disk
SEPARATOR = "\0"  # not allowed in XML


class CommentSpool:
    """The comments' texts by name, in the order of the file, each read from disk when needed."""

    def __init__(self) -> None:
        self.file = SpooledTemporaryFile(max_size=MAX_IN_MEMORY)  # noqa: SIM115 – closed in __del__
        self.ends = array("q", [0])

    def add(self, texts: Mapping[str, str]) -> None:
        """Append a comment, of which FIELDS are kept."""
        self.file.seek(self.ends[-1])
        data = SEPARATOR.join(texts.get(name, "").strip() for name in FIELDS).encode("utf-8", "surrogatepass")
        self.file.write(data)
        self.ends.append(self.ends[-1] + len(data))

    def __del__(self) -> None:
        self.file.close()

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, index: int) -> dict[str, str]:
        self.file.seek(self.ends[index])
        text = self.file.read(self.ends[index + 1] - self.ends[index]).decode("utf-8", "surrogatepass")
        return dict(zip(FIELDS, text.split(SEPARATOR), strict=True))

    def __iter__(self) -> Iterator[dict[str, str]]:
        return (self[index] for index in range(len(self)))
