"""Backups: everything of a site but its secrets in one file, restored on SQLite or PostgreSQL.

A backup is a zip archive: `rows/APP.MODEL.jsonl` with the rows of a table, `media/…` with the files, and a manifest.
"""
