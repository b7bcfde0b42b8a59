"""Decodes untrusted pictures safely. Independent of Django."""
