"""Draws which room of the package imports from which, for docs/how-it-works.md:

    python -m tests.docs.import_graph docs/rooms/now.svg

An earlier commit is drawn with its modules in the rooms that they have moved to since:

    git worktree add ../before 82c05ca
    git diff --name-status -M40% 82c05ca 5cdd28d > moves.txt
    python -m tests.docs.import_graph docs/rooms/before.svg \\
        --checkout ../before --moves moves.txt
"""

import argparse
import ast
from pathlib import Path
from typing import Dict, Iterator, Set, Tuple

from tests.conftest import ROOT
from tests.test_rooms import ROOMS

# those that a page names: not the command line's entry, nor the version
SHOWN = tuple(room for room in ROOMS if not room.startswith("__"))
# moved by hand into a file that already existed
MOVED = {"spacy_nested_ner/writing.py": "spacy_nested_ner/files/writing.py"}
CELL, LEFT, TOP = 16, 112, 104
DOWN, UP = "#3b6ea5", "#c0392b"


def find_edges(checkout: Path, moves: Dict[str, str]) -> Set[Tuple[str, str]]:
    """The pairs of rooms, of which the first imports from the second.

    moves: Old and new path of the files that have moved since the checkout.
    """
    edges = set()
    package = checkout / "spacy_nested_ner"
    for file in package.rglob("*.py"):
        for other in find_imports(file, package):
            pair = tuple(
                Path(moves.get(path, path)).with_suffix("").parts[1]
                for path in (str(f.relative_to(checkout)) for f in (file, other))
            )
            if pair[0] != pair[1] and set(pair) <= set(SHOWN):
                edges.add(pair)
    return edges


def find_imports(file: Path, package: Path) -> Iterator[Path]:
    """The modules that a file imports by relative or absolute names, also in functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom):
            names = (node.module or "").split(".")
            if node.level:
                module = file.parents[node.level - 1].joinpath(*names)
            elif names[0] == package.name:
                module = package.parent.joinpath(*names)
            else:
                continue
            for place in (module, *(module / alias.name for alias in node.names)):
                if place.with_suffix(".py").is_file():
                    yield place.with_suffix(".py")


def draw(edges: Set[Tuple[str, str]]) -> str:
    """A matrix as SVG: a row imports from a column; what points up is red."""
    n = len(SHOWN)
    width, height = LEFT + n * CELL + 8, TOP + n * CELL + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for i, room in enumerate(SHOWN):
        x, y = LEFT + i * CELL, TOP + i * CELL
        parts += [
            f'<text x="{LEFT - 6}" y="{y + 12}" text-anchor="end">{room}</text>',
            f'<text transform="translate({x + 12},{TOP - 6}) rotate(-90)">{room}</text>',
            f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="#dddddd"/>',
        ]
        for j, other in enumerate(SHOWN):
            if (room, other) in edges:
                color = UP if j < i else DOWN
                parts.append(
                    f'<rect x="{LEFT + j * CELL + 2}" y="{y + 2}" width="{CELL - 4}" '
                    f'height="{CELL - 4}" fill="{color}"/>'
                )
    return "\n".join([*parts, "</svg>\n"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--checkout", type=Path, default=ROOT)
    parser.add_argument("--moves", type=Path)
    arguments = parser.parse_args()
    moves = dict(MOVED) if arguments.moves else {}
    for line in arguments.moves.read_text().splitlines() if arguments.moves else ():
        kind, old, *new = line.split("\t")
        if kind.startswith("R"):
            moves[old] = new[0]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    edges = find_edges(arguments.checkout, moves)
    arguments.out.write_text(draw(edges), encoding="utf8")
    up = sorted(pair for pair in edges if SHOWN.index(pair[1]) < SHOWN.index(pair[0]))
    print(f"{len(edges)} pairs of rooms, pointing up: {up or 'none'}")


if __name__ == "__main__":
    main()
