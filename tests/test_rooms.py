"""The package is a house of rooms: a folder a stage, and imports only point down.

`ROOMS` is the order, from the command line to what needs nothing of ours. A newcomer finds the
same list in docs/how-it-works.md.
"""

from pathlib import Path
from typing import Dict, Iterator, List, Set

from tests.source_imports import PACKAGE, find_imports

ROOMS = (
    "__main__",
    # the public face: it names the functions of api and loads them on first use
    "__init__",
    "cli",
    "api",
    "serving",
    "reporting",
    "selection",
    "annotation",
    "calibration",
    "evaluation",
    "pipe",
    "training",
    "corpus",
    "losses",
    "decoding",
    "encoders",
    "model",
    "scoring",
    "rendering",
    "files",
    "tables",
    "progress",
    "user_error",
    "config_errors",
    "gold_alignment",
    "letters",
    "about",
)


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imports_of_package() -> Dict[Path, Set[Path]]:
    return {file: set(find_imports(file)) - {file} for file in sorted(PACKAGE.rglob("*.py"))}


def find_cycle(imports: Dict[Path, Set[Path]]) -> List[Path]:
    """The modules of a cycle of imports, empty if there is none."""
    finished: Set[Path] = set()

    def visit(file: Path, trail: List[Path]) -> Iterator[List[Path]]:
        if file in trail:
            yield trail[trail.index(file) :]
        elif file not in finished:
            for other in sorted(imports[file]):
                # a package that holds a module is imported with it, and does not use it
                if other.name != "__init__.py":
                    yield from visit(other, [*trail, file])
            finished.add(file)

    return next((cycle for file in imports for cycle in visit(file, [])), [])


def test_every_module_has_a_room():
    assert {room_of(file) for file in PACKAGE.rglob("*.py")} == set(ROOMS)


def test_no_import_points_up():
    up = [
        f"{file.relative_to(PACKAGE)} imports {other.relative_to(PACKAGE)}"
        for file, others in imports_of_package().items()
        for other in sorted(others)
        if ROOMS.index(room_of(other)) < ROOMS.index(room_of(file))
    ]
    assert not up


def test_no_modules_import_each_other():
    cycle = find_cycle(imports_of_package())
    assert not cycle, [str(file.relative_to(PACKAGE)) for file in cycle]


def test_a_cycle_is_found():
    a, b, c = (PACKAGE / name for name in ("a.py", "b.py", "c.py"))
    assert find_cycle({a: {b}, b: {c}, c: {b}}) == [b, c]
    assert find_cycle({a: {b}, b: {c}, c: set()}) == []
