"""Sorts new texts into PostgreSQL's index, so that no one who posts waits until it is done."""

from django.db import connection

from server.jobs.tasks import every, job

STATEMENT = """
    SELECT sum(gin_clean_pending_list(inhrelid)) FROM pg_inherits WHERE inhparent = 'search_entry_tokens'::regclass
"""


@every(minutes=10)
@job()
def sort_new_texts() -> int:
    """Sort the list of new texts into the index, and return how many pages it had."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT)
        return int(cursor.fetchone()[0])
