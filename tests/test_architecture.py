"""Do the imports point the way that docs/architecture.md says, and does nobody reach past the face of a room?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LAYERS = [
    {"lazy"},
    {"values"},
    {"rules"},
    {"allocation", "weighting", "formatting"},
    {"position_manager"},
    {"sizing", "checks", "step_settings"},
    {"rebalance"},
    {"model"},
    {"history"},
    {"analysis"},
    {"paper"},
    {"commands"},
    {"cli"},
]
"""What lies directly in `alpha_model`, from the ground up."""

FLOORS = {
    "alpha_model.history": [
        {"tables"},
        {"files"},
        {"history"},
        {"extent", "assemble", "export", "cache"},
        {"state"},
        {"record"},
        {"reader"},
        {"dataset", "live", "weights_table"},
    ],
    "alpha_model.analysis": [
        {"words", "facts"},
        {"settings"},
        {"ledger"},
        {"former", "compare"},
        {"audit"},
        {"cycles", "later"},
        {"explain", "pairs", "metrics"},
    ],
}
"""What lies directly in a house of rooms, from the ground up."""

ASKED_FOR_LATER = {
    ("alpha_model.history.history", "dataset"),
    ("alpha_model.analysis.facts.facts", "explain"),
    ("alpha_model.analysis.facts.facts", "ledger"),
    ("alpha_model.analysis.facts.facts", "metrics"),
    ("alpha_model.analysis.facts.facts", "settings"),
}
"""Imports within a function, of rooms that are built on what asks for them."""

DASHBOARD_ALLOWED = {
    "charts": {"charts", "text"},
    "drawing": {"charts", "text"},
    "decision": {"charts", "text"},
    "pictures": {"drawing", "pictures", "text"},
    "opened": {"charts"},
    "components": {"components", "drawing", "plotly_js", "text"},
    "live": {"data", "opened", "selection", "settings", "text"},
    "zoom": {"drawing", "text"},
    "selection": {"charts", "drawing", "opened", "text", "zoom"},
    "cursor": {"charts", "components", "local_time", "opened", "selection", "text", "zoom"},
    "local_time": {"text"},
    "waiting": set(),
    "report": {"charts", "decision", "pictures", "report", "text"},
    "views": {
        "charts",
        "components",
        "cursor",
        "decision",
        "drawing",
        "local_time",
        "opened",
        "pictures",
        "report",
        "selection",
        "text",
        "views",
        "zoom",
    },
}


def imports_of(path: Path) -> set[str]:
    """Dotted names that a module imports, at any depth of its code."""
    return {name for _, names in imports_in(path.read_text()) for name in names}


def imports_in(source: str) -> Iterator[tuple[str, list[str]]]:
    """Each module that is imported from, with the dotted names that are."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, [alias.name]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def part_of(path: Path, package: str) -> str:
    """The module or sub-package directly below the package."""
    return path.relative_to(ROOT / package).parts[0].removesuffix(".py")


@cache
def face_of(package: str) -> frozenset[str] | None:
    """What a room lets others import: its `__all__`; None where this is no room."""
    folder = ROOT / package.replace(".", "/")
    faces = [path for path in (folder / "__init__.pyi", folder / "__init__.py") if path.exists()]
    for path in faces:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                return frozenset(ast.literal_eval(node.value))
    return frozenset() if faces else None


def reaches_past(module: str, source: str) -> list[str]:
    """What a module imports from inside a room that it is not in, or from a room without being offered it."""
    found = []
    for home, names in imports_in(source):
        if not home.startswith("alpha_model."):
            continue
        room = home if face_of(home) is not None else home.rpartition(".")[0]
        if room in ("alpha_model", module) or module.startswith(f"{room}."):
            continue
        offered = face_of(room) or frozenset()
        found += [name for name in names if name != home and (home != room or name.rpartition(".")[2] not in offered)]
    return found


def floors(package: str) -> dict[str, int]:
    """The floor of each part of a package."""
    levels = LAYERS if package == "alpha_model" else FLOORS[package]
    return {name: level for level, names in enumerate(levels) for name in names}


@pytest.mark.parametrize("package", ["alpha_model", *FLOORS])
def test_every_part_has_its_floor(package: str) -> None:
    folder = package.replace(".", "/")
    assert {part_of(path, folder) for path in modules(folder)} == {*floors(package), "__init__"}


@pytest.mark.parametrize("package", ["alpha_model", *FLOORS])
def test_imports_point_down(package: str) -> None:
    folder, floor, up = package.replace(".", "/"), floors(package), set()
    for path in modules(folder):
        part = part_of(path, folder)
        for name in imports_of(path):
            other = name.removeprefix(f"{package}.").partition(".")[0]
            if part in ("__init__", other) or not name.startswith(f"{package}.") or other not in floor:
                continue
            if floor[other] >= floor[part] and (name_of(path), other) not in ASKED_FOR_LATER:
                up.add(f"{name_of(path)} imports {name}")
    assert not up, "not below what imports it"


@pytest.mark.parametrize("path", modules("alpha_model"), ids=lambda path: str(path.relative_to(ROOT)))
def test_domain_knows_no_dashboard(path: Path) -> None:
    assert not {name for name in imports_of(path) if name.partition(".")[0] in {"dashboard", "streamlit", "plotly"}}


@pytest.mark.parametrize(
    "path", [*modules("alpha_model"), *modules("dashboard")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_nobody_reaches_past_a_face(path: Path) -> None:
    assert reaches_past(name_of(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "past"),
    [
        ("from alpha_model.history.tables.schema import SCHEMAS", ["alpha_model.history.tables.schema.SCHEMAS"]),
        ("from alpha_model.history.tables import SCHEMAS", []),
        ("from alpha_model.history.tables import schema_of_mine", ["alpha_model.history.tables.schema_of_mine"]),
        ("from alpha_model.history.reader import read_history", ["alpha_model.history.reader.read_history"]),
        ("from alpha_model.history import History", []),
        ("from alpha_model.model import AlphaModel", []),
    ],
)
def test_reaching_past_a_face_is_seen(source: str, past: list[str]) -> None:
    assert reaches_past("dashboard.pages.weights", source) == past
    assert reaches_past("alpha_model.history.tables.frames", source) == [] or "mine" in source


@pytest.mark.parametrize("path", modules("dashboard/charts"), ids=lambda path: path.name)
def test_charts_draw_only(path: Path) -> None:
    for name in imports_of(path):
        assert name.split(".")[0] != "streamlit", f"{path.name} imports {name}"
        assert name not in {"alpha_model.model", "alpha_model.history.reader"}, f"{path.name} imports {name}"


@pytest.mark.parametrize("part", ["decision", "drawing", "pictures", "report"])
def test_what_page_and_report_share_knows_no_streamlit(part: str) -> None:
    paths = [path for path in modules("dashboard") if part_of(path, "dashboard") == part]
    assert paths
    for path in paths:
        assert not {name for name in imports_of(path) if name.split(".")[0] == "streamlit"}, path.name


@pytest.mark.parametrize("path", modules("dashboard"), ids=lambda path: str(path.relative_to(ROOT)))
def test_dashboard_imports_point_one_way(path: Path) -> None:
    part = part_of(path, "dashboard")
    for name in imports_of(path):
        package, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if package == "dashboard" and other and part in DASHBOARD_ALLOWED:
            assert other in DASHBOARD_ALLOWED[part], f"{part} imports dashboard.{other}"
