"""Reads pictures that anyone may have sent. Knows nothing of Django."""
