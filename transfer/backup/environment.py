"""What a backup says about the environment: settings that are no secret, and the names of the secrets."""

import re
from collections.abc import Mapping

PLAIN = {
    "AKISMET_URL", "APPLE_CLIENT_ID", "APPLE_KEY_ID", "APPLE_TEAM_ID", "BACKUP_BUCKET", "BACKUP_FOLDER", "BACKUP_HOURS",
    "BACKUP_KEEP", "BACKUP_WARN_HOURS", "BOUNCE_ADDRESS", "DATABASE_POOLER", "DEFAULT_FROM_EMAIL", "LOG_FORMAT",
    "LOG_LEVEL", "LOG_REQUESTS", "S3_ADDRESSING", "S3_BUCKET", "S3_ENDPOINT", "S3_FOLDER", "S3_REGION",
    "SECURITY_CONTACT", "SITE_URL", "STAFF_IDLE_HOURS", "STAFF_SECOND_FACTOR", "STAFF_SESSION_DAYS", "TRUSTED_PROXIES",
    "WEB_CONCURRENCY",
}  # fmt: skip
SECRET = {
    "AKISMET_KEY", "APPLE_KEY_FILE", "CACHE_URL", "DATABASE_URL", "EMAIL_URL", "METRICS_TOKEN", "OIDC_SERVERS",
    "S3_KEY", "S3_SECRET", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SENTRY_DSN",
}  # fmt: skip
# Of this machine or of a moment: another site has its own
LOCAL = {"DATA_DIR", "DEBUG", "PORT"}
_PLAIN_OF_PROVIDER, _SECRET_OF_PROVIDER = re.compile(r"[A-Z]+_CLIENT_ID"), re.compile(r"[A-Z]+_CLIENT_SECRET")


def plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the site's settings that are no secret."""
    return {
        name: value
        for name, value in sorted(environ.items())
        if value and (name in PLAIN or _PLAIN_OF_PROVIDER.fullmatch(name))
    }


def secrets(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the site's settings that are secrets or may contain one."""
    return sorted(
        name for name, value in environ.items() if value and (name in SECRET or _SECRET_OF_PROVIDER.fullmatch(name))
    )
