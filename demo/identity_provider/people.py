"""The made-up people who can be chosen at the demo provider."""

import hashlib
from dataclasses import dataclass
from enum import Enum, auto

from django.utils.translation import gettext_noop as _

MODERATOR = "moderator@example.org"  # of the demo content
MARA = "mara.lindqvist@example.org"

ZERO_WIDTH_SPACE, JOINER, MARK = "\u200b", "\u200d", "\u200f"
OVERRIDE, EMBEDDING, POP = "\u202e", "\u202b", "\u202c"
LONG_NAME = (
    f"عبد{ZERO_WIDTH_SPACE}الرحمن {OVERRIDE}نيمحرلادبع{POP} بن عبد الله بن{JOINER} محمد المراكشي "
    + f"الفاسي{MARK} ثم {EMBEDDING}الأندلسي{POP} المعروف بابن الخطيب الكاتب " * 6
).strip()


class Picture(Enum):
    DRAWN = auto()
    PHOTO = auto()  # a sideways JPEG with location data
    NONE = auto()
    HUGE = auto()
    ELSEWHERE = auto()
    SVG = auto()
    HTML = auto()


@dataclass(frozen=True)
class Person:
    name: str
    handle: str
    note: str
    email: str = ""
    is_confirmed: bool = True
    picture: Picture = Picture.DRAWN

    def id_at(self, service: str, digits: int) -> int:
        """Return the person's id at a service: always the same there, different at each."""
        seed = int.from_bytes(hashlib.sha256(f"{service}/{self.handle}".encode()).digest())
        smallest: int = 10 ** (digits - 1)
        return smallest + seed % (9 * smallest)

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def last_name(self) -> str:
        return self.name.partition(" ")[2]

    @property
    def username(self) -> str:
        """The handle at services that allow only letters and digits."""
        return self.handle.replace("_", "").lower()


PLAIN = (
    Person("Mara Lindqvist", "maralindqvist", _("email verified"), MARA),
    Person("Kofi Asante", "kofi_asante", _("email not confirmed"), "kofi.asante@example.net", is_confirmed=False),
    Person("Yuki Tanabe", "yukitanabe", _("no email, no picture"), picture=Picture.NONE),
    Person(
        "Łucja Wiśniewska", "lucja_w", _("email verified, with a photo"), "lucja@example.com", picture=Picture.PHOTO
    ),
    Person("Mara L.", "mara_writes", _("the same confirmed email as Mara Lindqvist"), MARA),
)
UNUSUAL = (
    Person("Teodor Marin", "teodormarin", _("the moderator’s email address, verified"), MODERATOR),
    Person("Vera Holt", "vera_holt", _("the moderator’s email, not confirmed"), MODERATOR, is_confirmed=False),
    Person("Miriаm Achterberg", "miriamachterb", _("looks like the author’s name: one letter is Cyrillic")),
    Person(LONG_NAME, "ibn_alkhatib", _("a very long name, with bidi and zero-width characters")),
    Person("Bruno Castellanos", "brunohuge", _("a picture of 8000 × 8000 pixels"), picture=Picture.HUGE),
    Person(
        "Noor de Wit", "noor_elsewhere", _("a picture URL that points to 169.254.169.254"), picture=Picture.ELSEWHERE
    ),
    Person("Sipho Dlamini", "siphodlamini", _("a picture that is an SVG with a script"), picture=Picture.SVG),
    Person("Hana Novotná", "hana_novotna", _("a picture that is a web page"), picture=Picture.HTML),
)
PEOPLE = PLAIN + UNUSUAL


def find_person(name: str) -> Person | None:
    """Return the person with this name or handle."""
    return next((person for person in PEOPLE if name in {person.name, person.handle}), None)
