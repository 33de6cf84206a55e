"""What all tests share: golden files, and where the optional material outside the repository lies."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None, max_examples=50, derandomize=True)  # the same examples for everyone
settings.register_profile("thorough", deadline=None, max_examples=1_000)  # HYPOTHESIS_PROFILE=thorough
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))

os.environ["ALPHA_MODEL_CACHE"] = "off"  # no test touches the user's cache; those that need one make their own

GOLDENS = Path(__file__).parent / "goldens"


@pytest.fixture(scope="session", autouse=True)
def _no_run_of_its_own() -> Iterator[None]:
    """Tests compare lines of records; those of runs tell of one themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alpha_model.history.record.recorder.new_run", lambda: None)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write the goldens anew instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name; write the file with --update-goldens."""

    def compare(name: str, text: str) -> None:
        path = GOLDENS / name
        if request.config.getoption("--update-goldens"):
            path.write_text(text)
        assert text == path.read_text(), f"{name} changed; pytest --update-goldens writes it anew"

    return compare
