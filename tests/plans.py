"""Query plans of a page's queries, with or without planner statistics."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection

SMALL = {"blog_site", "comments_rules"}  # tables of one row, which any plan may scan
MENU = "USING INDEX essay_in_menu"  # only the pages of the menu, at most twenty


class Query(NamedTuple):
    sql: str
    parameters: Any

    def plan(self) -> str:
        """Return one line per step; on PostgreSQL after running it, with the rows that each step read."""
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (ANALYZE, FORMAT JSON)"
        with connection.cursor() as cursor:
            cursor.execute(f"{explain} {self.sql}", self.parameters)
            rows = cursor.fetchall()
        if connection.vendor == "sqlite":
            return "\n".join(row[-1] for row in rows)
        tree = rows[0][0]
        return "\n".join(steps((json.loads(tree) if isinstance(tree, str) else tree)[0]["Plan"]))

    def scans(self) -> list[str]:
        """Return the steps of SQLite's plan that read a whole table or index, but not those that read a subquery."""
        steps_ = self.plan().splitlines()
        subqueries = {line.split()[1] for line in steps_ if line.startswith("CO-ROUTINE ")}
        scans_ = [line for line in steps_ if line.startswith("SCAN ") and MENU not in line]
        return [line for line in scans_ if line.split()[1] not in SMALL | subqueries]

    def rows_read(self, table: str) -> int:
        """Return how many rows of a table PostgreSQL read, including those that it discarded."""
        matches = re.findall(rf"^\w[\w ]* on {table}\b.*: (\d+) rows$", self.plan(), re.MULTILINE)
        return sum(map(int, matches))


def steps(node: dict[str, Any]) -> Iterator[str]:
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
    read = round((node["Actual Rows"] + removed) * node["Actual Loops"])
    index = f" using {node['Index Name']}" if "Index Name" in node else ""
    table = f" on {node['Relation Name']}" if "Relation Name" in node else ""
    yield f"{node['Node Type']}{table}{index}: {read} rows"
    for child in node.get("Plans", ()):
        yield from steps(child)


@contextmanager
def queries() -> Iterator[list[Query]]:
    """Collect the queries that run inside the block, without a transaction's own statements."""
    captured: list[Query] = []

    def keep(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "SAVEPOINT" not in sql:
            captured.append(Query(sql, parameters))
        return execute(sql, parameters, many, context)

    _ = connection.features.supports_json_field  # read once per process
    with connection.execute_wrapper(keep):
        yield captured
