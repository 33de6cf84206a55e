"""The server's settings, which travel with the package."""

from __future__ import annotations

import tomllib
from pathlib import Path

from histories import REPOSITORY

from dashboard.settings import APP, Settings

CONFIG = APP.parent / ".streamlit" / "config.toml"


def read(path: Path) -> dict[str, dict[str, object]]:
    return tomllib.loads(path.read_text())


def test_server_is_private_and_quiet_unless_told_otherwise() -> None:
    config = read(CONFIG)
    assert config["server"]["address"] == "127.0.0.1"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["server"]["maxUploadSize"] == Settings.model_fields["max_upload_mb"].default


def test_both_themes_are_there() -> None:
    theme = read(CONFIG)["theme"]
    assert set(theme["light"]) == set(theme["dark"])  # type: ignore[call-overload]


def test_repository_root_has_the_same_settings() -> None:
    assert read(REPOSITORY / ".streamlit" / "config.toml") == read(CONFIG)
