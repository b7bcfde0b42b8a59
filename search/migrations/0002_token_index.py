"""What differs by database: an FTS5 table with triggers in SQLite, a partitioned table with GIN in PostgreSQL."""

from django.db import migrations

NOTES, ESSAYS = 2 << 61, 3 << 61  # the first keys of their kinds
# The table has no texts of its own and no positions. `ascii` splits at spaces only, as tokens have no ASCII characters
# but letters and digits.
SQLITE = [
    """CREATE VIRTUAL TABLE search_index USING fts5(
        tokens, content='search_entry', content_rowid='id', detail='none', columnsize=0, tokenize='ascii'
    )""",
    """CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_index(rowid, tokens) VALUES (new.id, new.tokens);
    END""",
    """CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_index(search_index, rowid, tokens) VALUES ('delete', old.id, old.tokens);
    END""",
    """CREATE TRIGGER search_entry_changed AFTER UPDATE OF tokens ON search_entry WHEN old.tokens IS NOT new.tokens BEGIN
        INSERT INTO search_index(search_index, rowid, tokens) VALUES ('delete', old.id, old.tokens);
        INSERT INTO search_index(rowid, tokens) VALUES (new.id, new.tokens);
    END""",
    # With all columns that a search reads of thousands of rows, whose texts lie between them in the table.
    "CREATE INDEX search_entry_narrow ON search_entry (id, essay, authors, tags)",
    "CREATE INDEX search_entry_of_essay ON search_entry (essay, id)",
    # The same of essays only: the tags of a thousand essays are then on ten pages, not on a thousand.
    f"CREATE INDEX search_entry_essays ON search_entry (essay, id, tags) WHERE id >= {ESSAYS}",
]
SQLITE_BACK = [
    *(f"DROP TRIGGER search_entry_{name}" for name in ("added", "removed", "changed")),
    *(f"DROP INDEX search_entry_{name}" for name in ("narrow", "of_essay", "essays")),
    "DROP TABLE search_index",
]
# Each kind has a part of the table of its own, so that the texts of a kind lie together. A search reads thousands of
# rows, so that rows must be narrow: tokens and text are stored out of line. PostgreSQL does so with rows above 2,000
# bytes only, which is why each has a column of spaces; these take 35 bytes. It is made again with each new text.
KINDS = {"comments": ("MINVALUE", NOTES), "notes": (NOTES, ESSAYS), "essays": (ESSAYS, "MAXVALUE")}
PADDING = "padding text GENERATED ALWAYS AS (left(text, 0) || repeat(' ', 2000)) STORED"
INLINE = ("authors", "language", "tags", "title", "address")
POSTGRES = [
    f"CREATE TABLE search_parts (LIKE search_entry INCLUDING DEFAULTS, {PADDING}) PARTITION BY RANGE (id)",
    "DROP TABLE search_entry",
    "ALTER TABLE search_parts RENAME TO search_entry",
    f"ALTER TABLE search_entry {', '.join(f'ALTER {column} SET STORAGE MAIN' for column in INLINE)}",
    "ALTER TABLE search_entry ALTER tokens SET STORAGE EXTERNAL",  # compression would save little
    *(
        f"CREATE TABLE search_entry_{kind} PARTITION OF search_entry FOR VALUES FROM ({first}) TO ({end}) "
        "WITH (toast_tuple_target = 256)"
        for kind, (first, end) in KINDS.items()
    ),
    "ALTER TABLE search_entry ADD CONSTRAINT search_entry_pkey PRIMARY KEY (id)",
    "CREATE INDEX search_entry_by ON search_entry (authors)",
    f"CREATE INDEX search_entry_languages ON search_entry (language) WHERE id >= {ESSAYS}",
    "CREATE INDEX search_entry_of_essay ON search_entry (essay, id)",
    # New texts wait in a list of at most 1 MB, whose tokens are sorted into the index together: four times cheaper than
    # one text after another. Each statement of a search reads the list, a full one in half a millisecond.
    "CREATE INDEX search_entry_tokens ON search_entry USING gin (tokens) WITH (gin_pending_list_limit = 1024)",
]
POSTGRES_BACK = ["DROP INDEX search_entry_tokens, search_entry_of_essay"]


def run(sqlite, postgres):
    def execute(apps, schema_editor):
        for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
            schema_editor.execute(statement, params=None)

    return execute


class Migration(migrations.Migration):

    dependencies = [("search", "0001_initial")]

    operations = [migrations.RunPython(run(SQLITE, POSTGRES), run(SQLITE_BACK, POSTGRES_BACK))]
