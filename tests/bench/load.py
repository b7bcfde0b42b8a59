"""Send as many requests for one address as a server can answer, with wrk (https://github.com/wg/wrk)."""

import re
import shutil
import subprocess
from urllib.parse import urlsplit

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def drive(url: str, seconds: int, connections: int, **headers: str) -> tuple[float, int]:
    """Return requests per second and their number. Raises RuntimeError if one was not answered well."""
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("This benchmark needs wrk: apt-get install wrk")
    all_headers = {"Host": urlsplit(url).netloc, "Accept-Encoding": "gzip", "User-Agent": AGENT, **headers}
    sent = [part for name, value in all_headers.items() for part in ("-H", f"{name.replace('_', '-')}: {value}")]
    report = subprocess.run(
        [program, "-t1", f"-c{connections}", f"-d{seconds}s", *sent, url], capture_output=True, text=True, check=True
    ).stdout
    rate, count = re.search(r"Requests/sec: +([0-9.]+)", report), re.search(r"(\d+) requests in", report)
    if rate is None or count is None or "Non-2xx" in report or "Socket errors" in report:
        raise RuntimeError(report)
    return float(rate[1]), int(count[1])
