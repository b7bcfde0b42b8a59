"""Values of one exported post, page or comment: times, addresses, custom fields."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

from transfer.wordpress.wxr import Record

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_FEED_DATE = re.compile(r"(?:[A-Za-z]{3}, )?[0-9]{1,2} [A-Za-z]{3} [0-9]{4} [0-9:]{5,8} [-+A-Z0-9]{1,5}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
YEARS = range(1000, 9998)  # four digits, as in addresses, with room for a day's shift


def parse_time(text: str) -> datetime | None:
    """Parse `2012-01-05 14:30:46` as UTC; None for anything else, such as WordPress's 0000-00-00."""
    try:
        if _MOMENT.fullmatch(text[:19]):
            found = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)  # much faster than strptime
        else:
            found = datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def feed_time(text: str) -> datetime | None:
    """Parse a feed's date, which has an offset; WordPress writes 1970 or earlier for none."""
    if not _FEED_DATE.fullmatch(text):
        return None
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    found = found.replace(tzinfo=found.tzinfo or UTC)
    return found.astimezone(UTC) if found.year in YEARS and found.year > 1970 else None


def decode_path(text: str) -> str:
    """Decode the percent-encoding of a part of an address, and drop control characters, which no request contains."""
    return _CONTROLS.sub("", unquote(text))


def written_time(record: Record, prefix: str, offset: timedelta) -> datetime | None:
    """Return when an item was written: in UTC, else in the old site's time, else by the feed's date."""
    return utc_time(record[f"{prefix}_date_gmt"], record[f"{prefix}_date"], offset) or feed_time(record["pubDate"])


def utc_time(utc: str, local: str, offset: timedelta) -> datetime | None:
    """Return a time given in UTC, else one in the old site's time."""
    if time := parse_time(utc):
        return time
    local_time = parse_time(local)
    return local_time - offset if local_time else None


def custom_fields(record: Record) -> dict[str, list[str]]:
    """Return the custom fields; a name can have several values."""
    found: dict[str, list[str]] = {}
    for meta in record.inner_records("wp:postmeta"):
        if value := meta["wp:meta_value"]:
            found.setdefault(meta["wp:meta_key"], []).append(value)
    return found


def menu_order(record: Record) -> int:
    """Return the menu position, or 0 for anything but a small number."""
    order = record["wp:menu_order"]
    return int(order) if order.isascii() and order.isdigit() and len(order) < 5 else 0


def address_day(record: Record) -> date | None:
    """Return the day in the old address, in the old site's time zone."""
    local_time = parse_time(record["wp:post_date"])
    return local_time.date() if local_time else None


def redirect_paths(record: Record, meta: Mapping[str, list[str]], site: str) -> list[str]:
    """Return an item's old paths in the form of our own: decoded, with a final slash; or `/?p=` with a number."""
    found: list[str] = []
    number, is_page, name = record["wp:post_id"], record["wp:post_type"] == "page", decode_path(record["wp:post_name"])
    old_names = [decode_path(each) for each in meta.get("_wp_old_slug", [])]
    if number.isascii() and number.isdigit():
        found += [f"/?page_id={number}"] * is_page + [f"/?p={number}"]
    if path := link_path(record["link"], site):
        found.append(path)
        found += [path.replace(f"/{name}/", f"/{each}/") for each in old_names if name]
    if not is_page:
        day = address_day(record)
        old_days = [each for each in meta.get("_wp_old_date", []) if _DAY.fullmatch(each)]
        days = [*([day.isoformat()] if day else []), *old_days]
        names = [each for each in (name, *old_names) if each]
        found += [f"/{dated.replace('-', '/')}/{each}/" for dated in days for each in names]
    return list(dict.fromkeys(address for address in found if len(address) <= 500))


def link_path(link: str, site: str) -> str:
    """Return the path of an item's link, if that leads to the old site and not to `/?p=`."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    host = parts.netloc.lower().removeprefix("www.")
    if (host and host != site.partition("/")[0]) or parts.query:
        return ""
    path = "/".join(part for part in decode_path(parts.path).split("/") if part)
    return f"/{path}/" if path else ""
