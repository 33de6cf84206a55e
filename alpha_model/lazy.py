"""How does a package offer many names without importing them all at once?

`__init__.pyi` beside the package's `__init__.py` says, as ordinary imports, where each name comes from: type checkers
and editors read it, and so does `attach`. A name is imported when it is first used.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def attach(package: str, init_file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """A package's `__getattr__`, `__dir__` and `__all__`.

    Args:
        package: Its name.
        init_file: Its `__file__`.
    """
    homes, names = _declared(Path(init_file).with_suffix(".pyi"))
    modules = {home.removeprefix(f"{package}.").partition(".")[0] for home in homes.values()}

    def get(name: str) -> Any:
        if name in homes:
            home = homes[name]
            found = importlib.import_module(f"{home}.{name}") if home == package else _name_in(home, name)
            setattr(sys.modules[package], name, found)
            return found
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted({*names, *modules}), names


def _name_in(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def _declared(stub: Path) -> tuple[dict[str, str], list[str]]:
    """The module of each name that the stub imports, and its `__all__`."""
    homes: dict[str, str] = {}
    names: list[str] = []
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            homes |= {alias.asname or alias.name: node.module for alias in node.names}
        elif isinstance(node, ast.Assign):
            names = ast.literal_eval(node.value)
    return homes, names
