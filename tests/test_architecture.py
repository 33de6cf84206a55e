"""Do the imports point the way that docs/architecture.md says?"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LAYERS = [
    {"errors", "lazy", "units", "schema_view", "serialisation"},
    {"pair", "reason"},
    {"position_kind"},
    {"pricing"},
    {"size_risk"},
    {"signal"},
    {"rules"},
    {"allocation", "weighting", "trade", "formatting"},
    {"portfolio"},
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
SAME_LAYER = {("serialisation", "errors"), ("serialisation", "schema_view")}
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

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
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def part_of(path: Path, package: str) -> str:
    """The module or sub-package directly below the package."""
    return path.relative_to(ROOT / package).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules("alpha_model"), ids=lambda path: str(path.relative_to(ROOT)))
def test_domain_imports_point_one_way(path: Path) -> None:
    part = part_of(path, "alpha_model")
    if part == "__init__":
        return
    for name in imports_of(path):
        package, _, rest = name.partition(".")
        assert package not in {"dashboard", "streamlit", "plotly"}, f"{path.name} imports {name}"
        other = rest.split(".")[0]
        if package == "alpha_model" and other in LEVEL and other != part:
            lower = LEVEL[other] < LEVEL[part] or (part, other) in SAME_LAYER
            assert lower, f"{part} imports {other}, which is not below it"


@pytest.mark.parametrize("path", modules("alpha_model"), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_domain_module_has_its_layer(path: Path) -> None:
    assert part_of(path, "alpha_model") in {*LEVEL, "__init__"}


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


@pytest.mark.parametrize("path", modules("dashboard"), ids=lambda path: str(path.relative_to(ROOT)))
def test_dashboard_uses_public_names_only(path: Path) -> None:
    for name in imports_of(path):
        assert not (name.startswith("alpha_model.") and "._" in name), f"{path.name} imports {name}"
