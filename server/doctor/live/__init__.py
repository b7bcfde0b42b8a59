"""Checks that ask the real world: mail server, DNS, Redis, bucket, disk, and the site at its own address."""

from server.doctor.live.email_checks import check_mail_server, check_sender_domain
from server.doctor.live.places import check_bucket, check_disk, check_redis
from server.doctor.live.records import check_records, owner_address
from server.doctor.live.running import OutOfTime, Running, time_limit
from server.doctor.live.site import check_site

__all__ = ["OutOfTime", "Running", "check_records", "owner_address", "start", "start_email", "time_limit"]


def start() -> Running:
    """Start all checks that do not need the database, each in a thread."""
    running = Running()
    for check in (check_site, check_sender_domain, check_redis, check_bucket, check_disk):
        running.start(check)
    return running


def start_email(running: Running, recipient: str) -> None:
    """Start the check of the mail server, which sends a test email unless the recipient is empty."""
    running.start(lambda: check_mail_server(recipient), name=check_mail_server.__name__)
