"""Is what the README says true?"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import alpha_model
import alpha_model.analysis
import alpha_model.history

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md", "docs/recording.md", "docs/storing.md"])
def test_code_on_the_page_runs_and_prints_what_it_says(page: str, tmp_path, monkeypatch) -> None:
    blocks = BLOCK.findall((ROOT / page).read_text())
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for (language, code), (next_language, expected) in zip(blocks, [*blocks[1:], ("-", "")], strict=True):
        if language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(code, page, "exec"), names)
            assert next_language or printed.getvalue() == expected


def test_readme_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("target", ["run", "test", "check", "samples"])
def test_make_has_the_targets_that_the_texts_name(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("module", [alpha_model, alpha_model.history, alpha_model.analysis])
def test_public_names_exist_once_each(module) -> None:
    assert len(set(module.__all__)) == len(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("module", [alpha_model, alpha_model.history, alpha_model.analysis])
def test_reference_has_every_public_name(module) -> None:
    pages = "\n".join(path.read_text() for path in (ROOT / "docs" / "reference").glob("*.md"))
    shown = set(re.findall(r"^::: (\S+)$", pages, re.MULTILINE))
    homes = {name: getattr(getattr(module, name), "__module__", "") or "" for name in module.__all__}
    ours = {name: home for name, home in homes.items() if home.startswith("alpha_model.")}
    assert {name for name, home in ours.items() if not {home, f"{home}.{name}"} & shown} == set()


def test_committed_texts_name_no_path_of_a_machine() -> None:
    home = os.sep + "home" + os.sep
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        assert home not in path.read_text(), path


def test_documentation_site_builds_without_warnings(tmp_path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    model = (tmp_path / "site" / "reference" / "model.html").read_text()
    assert "generate_rebalance_trades_and_triggers" in model


def test_example_strategy_is_short_and_runs(tmp_path, monkeypatch, capsys) -> None:
    script = ROOT / "examples" / "momentum.py"
    assert len(script.read_text().splitlines()) < 60
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(script), run_name="__main__")
    assert "USD at the end" in capsys.readouterr().out
    assert len(alpha_model.history.read_history("momentum.jsonl")) > 400


def test_demonstration_of_following_records_everything_once() -> None:
    command = [sys.executable, str(ROOT / "examples" / "follow_demo.py"), "3"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert "every one once: yes" in shown.stdout
    assert "3 cycles and 1 earlier revisions recorded" in shown.stdout
