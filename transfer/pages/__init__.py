"""The owner's pages in the admin that import, export and start backups."""
