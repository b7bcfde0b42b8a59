"""Errors of the S3 client, which are no OSErrors, as OSErrors with a message for the owner."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

CLASSES = (
    ("botocore.exceptions", "ClientError"),
    ("botocore.exceptions", "BotoCoreError"),
    ("boto3.exceptions", "Boto3Error"),
)


@contextmanager
def as_os_errors() -> Iterator[None]:
    """Raise an OSError where the S3 client, which is installed only where it is used, raises one of its own errors."""
    try:
        yield
    except Exception as error:
        if isinstance(error, tuple(getattr(sys.modules[name], each) for name, each in CLASSES if name in sys.modules)):
            raise OSError(describe(error)) from error
        raise


def describe(error: Exception) -> str:
    """Return the message of an error of the S3 client as one line without a full stop."""
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return " ".join(str(error).split()).rstrip(".")
    details = response.get("Error", {})
    code, message = details.get("Code", "unknown"), details.get("Message", "")
    why = f"{code}, {message}" if message and message != code else code
    return f"the bucket’s server refused {getattr(error, 'operation_name', 'a request')} ({why.rstrip('.')})"
