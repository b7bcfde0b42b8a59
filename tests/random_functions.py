"""Print randomly chosen functions, by name and docstring alone, to see whether these tell what each function does.

`python -m tests.random_functions --seed 15 --count 60`
"""

import argparse
import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.strings import ROOT, python_files

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Found:
    file: Path
    name: str
    node: Function

    def __str__(self) -> str:
        arguments = ast.unparse(self.node.args)
        returns = f" -> {ast.unparse(self.node.returns)}" if self.node.returns else ""
        lines = [f"{self.file}:{self.node.lineno} {self.name}({arguments}){returns}"]
        lines += [f"    {line}".rstrip() for line in (ast.get_docstring(self.node) or "").splitlines()]
        return "\n".join(lines)


def functions(file: Path, source: str) -> Iterator[Found]:
    """Yield the functions of a module and the methods of its classes, without special methods."""
    yield from _inside(file, ast.parse(source).body, "")


def _inside(file: Path, nodes: list[ast.stmt], prefix: str) -> Iterator[Found]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from _inside(file, node.body, f"{prefix}{node.name}.")
        elif isinstance(node, Function) and not (node.name.startswith("__") and node.name.endswith("__")):
            yield Found(file, prefix + node.name, node)


def production_functions(root: Path = ROOT) -> list[Found]:
    return [
        each
        for file in python_files(root)
        for each in functions(file.relative_to(root), file.read_text(encoding="utf-8"))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.random_functions", description="Print functions drawn at random."
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same functions (default: 1)")
    parser.add_argument("--count", type=int, default=60, help="number of functions (default: 60)")
    options = parser.parse_args()
    functions_ = production_functions()
    for each in random.Random(options.seed).sample(functions_, min(options.count, len(functions_))):
        print(each, end="\n\n")


if __name__ == "__main__":
    main()
