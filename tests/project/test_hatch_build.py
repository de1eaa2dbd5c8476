"""The build: with a compiler the kernels are in the wheel; without one the wheel fits every machine and works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import nmf_topics

ROOT = Path(nmf_topics.__file__).parent.parent
LIBRARY = "nmf_topics/factor/kernels/_kernels.so"
HAS_COMPILER = any(shutil.which(name) for name in ("cc", "gcc", "clang")) and sys.platform != "win32"

pytestmark = pytest.mark.skipif(not (ROOT / "hatch_build.py").exists(), reason="only in a checkout")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the package is built from, with a library in it that is nobody's."""
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "nmf_topics", tmp_path / "nmf_topics", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copytree(ROOT / "corpora" / "sample", tmp_path / "corpora" / "sample")
    (tmp_path / LIBRARY).write_text("from an older source")
    return tmp_path


def build(project: Path, compiler: str | None) -> tuple[str, dict[str, bytes]]:
    """The name of the wheel that is built with that compiler (None: whichever there is), and what is in it."""
    settings = {name: value for name, value in os.environ.items() if name != "CC"}
    if compiler is not None:
        settings["CC"] = compiler
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "made"],
        cwd=project,
        env=settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (project / "made").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        return wheel.name, {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["false", "no-such-compiler", ""])
def test_without_a_compiler(compiler: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fails; there is no library in the wheel, an older one neither, and it fits every machine."""
    if not compiler:  # CC is empty and nothing on the path is one
        bare = project / "bin"
        bare.mkdir()
        monkeypatch.setenv("PATH", str(bare))
    name, files = build(project, compiler)
    assert re.fullmatch(r"nmf_topics-[\d.]+-py3-none-any\.whl", name)
    assert not [path for path in files if path.endswith(".so")]
    assert "nmf_topics/factor/kernels/library.py" in files
    assert not (project / LIBRARY).exists()


@pytest.mark.slow
@pytest.mark.skipif(not HAS_COMPILER, reason="no C compiler here")
def test_with_a_compiler(project: Path) -> None:
    """The library is in the wheel and loads where nothing else of ours is; the wheel names its kind."""
    name, files = build(project, None)
    assert re.fullmatch(r"nmf_topics-[\d.]+-py3-none-(linux|macosx)_\w+\.whl", name)
    assert len(files[LIBRARY]) > 50_000
    (project / "elsewhere.so").write_bytes(files[LIBRARY])
    program = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).nmf_interface())"
    done = subprocess.run(
        [sys.executable, "-c", program, str(project / "elsewhere.so")], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) >= 1


@pytest.mark.slow
def test_sources_have_no_warnings(tmp_path: Path) -> None:
    """The C is clean under the warnings that compilers have."""
    if not HAS_COMPILER:
        pytest.skip("no C compiler here")
    flags = ["-fsyntax-only", "-std=gnu11", "-Wall", "-Wextra", "-Wno-psabi", "-Wno-unknown-pragmas", "-Werror"]
    source = ROOT / "nmf_topics" / "factor" / "kernels" / "kernels.c"
    done = subprocess.run(["cc", *flags, str(source)], capture_output=True, text=True)
    assert not done.stderr
