"""The part of D3 that reports use: built by `make d3`, committed with its licences, and complete."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from nmf_topics.views.report import build

TOOLS = Path(__file__).parents[2] / "tools" / "d3"
ASSETS = Path(str(files("nmf_topics.views.report") / "assets"))
# Change this only together with the file, after `make d3`.
SHA256 = "89cb53ecd592ff2abb91a62697333fdb361c75062f2ebf778cb1e9304c774ed8"


def exported() -> set[str]:
    """The names that the bundle exports, as its source lists them."""
    listed = re.search(r"export \{(.*?)\} from \"d3\"", (TOOLS / "index.js").read_text(encoding="utf-8"), re.DOTALL)
    assert listed is not None
    return set(re.findall(r"\w+", listed[1]))


def test_bundle_is_the_one_that_was_built() -> None:
    """The bundle was not edited by hand."""
    assert hashlib.sha256((ASSETS / "d3.min.js").read_bytes()).hexdigest() == SHA256


def test_bundle_has_what_the_report_uses_and_no_more() -> None:
    """Every d3.name in the scripts of the report is exported, and every export is used."""
    scripts = "\n".join((ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in build.PROGRAMS)
    assert set(re.findall(r"\bd3\.(\w+)", scripts)) == exported()


def test_bundle_cannot_end_its_element() -> None:
    """The bundle is put into a script element as it is."""
    text = (ASSETS / "d3.min.js").read_text(encoding="ascii")
    assert "</script" not in text.lower()
    assert "<!--" not in text


def test_licences_name_the_pinned_version() -> None:
    """The licences are those of the version in the bundle, which package.json pins."""
    licences = (ASSETS / "d3-licence.txt").read_text(encoding="utf-8")
    version = re.search(r'"d3": "(\d[\d.]+)"', (TOOLS / "package.json").read_text(encoding="utf-8"))
    assert version is not None
    assert licences.startswith(f"D3 {version[1]},")
    assert f"D3 {version[1]}," in (ASSETS / "d3.min.js").read_text(encoding="ascii")[:40]
    assert "Permission to use, copy, modify, and/or distribute" in licences


@pytest.mark.browser
def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    """`make d3` gives the files that are committed."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    place, built = tmp_path / "d3", tmp_path / "built"
    shutil.copytree(TOOLS, place, ignore=shutil.ignore_patterns("node_modules"))
    built.mkdir()
    subprocess.run([npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=place, check=True, timeout=300)
    subprocess.run(["node", "build.mjs", str(built)], cwd=place, check=True, timeout=300)
    for name in ("d3.min.js", "d3-licence.txt"):
        assert (built / name).read_bytes() == (ASSETS / name).read_bytes(), name
