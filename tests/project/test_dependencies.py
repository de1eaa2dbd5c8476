"""Dependencies: what is imported is declared, what is declared is imported, and the core works without the extras."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import nmf_topics

PACKAGE = Path(nmf_topics.__file__).parent
PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CORE = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
FOR_DEVELOPERS = {"browser", "bench", "dev"}
# Modules whose distribution has another name.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "Stemmer": "pystemmer",
    "backports": "backports-zstd",
    "dateutil": "python-dateutil",
    "sklearn": "scikit-learn",
}
# Never imported: needed by trafilatura, and the dictionary of sudachipy.
NOT_IMPORTED = {"lxml-html-clean", "sudachidict-small"}


def in_extra(extra: str) -> set[str]:
    """The distributions that an extra installs, those of extras it includes among them."""
    found = set()
    for line in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(line)
        if requirement.name == PROJECT["name"]:
            found |= {name for inner in requirement.extras for name in in_extra(inner)}
        else:
            found.add(canonicalize_name(requirement.name))
    return found


EXTRAS = {name: in_extra(name) for name in PROJECT["optional-dependencies"]}


def imports() -> Iterator[tuple[str, str, str]]:
    """Imports of other packages: module of this package, distribution, and extras named in the `with` block."""
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        waiting: list[tuple[ast.AST, str]] = [(ast.parse(path.read_text(encoding="utf-8")), "")]
        while waiting:
            node, extra = waiting.pop()
            if isinstance(node, ast.With):
                source = ast.unparse(node.items[0].context_expr)
                extra = " ".join(re.findall(r"needs_extra\('(\w+)'", source)) or extra
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top not in {*sys.stdlib_module_names, "nmf_topics", "compression"}:  # compression: from 3.14 on
                    yield where, canonicalize_name(DISTRIBUTIONS.get(top, top)), extra
            waiting += [(child, extra) for child in ast.iter_child_nodes(node)]


def test_core_is_what_is_imported() -> None:
    """The core has every package that is imported and in no extra, and no other."""
    in_extras = set().union(*(EXTRAS[extra] for extra in EXTRAS.keys() - FOR_DEVELOPERS))
    imported = {name for _, name, _ in imports()}
    assert imported - in_extras == CORE
    assert in_extras - imported == NOT_IMPORTED
    assert not in_extras & CORE


def test_extras_are_named_correctly() -> None:
    """Where an import says which extra has the package, that extra has it."""
    checked = set()
    for where, name, extras in imports():
        for extra in extras.split():
            assert name in EXTRAS[extra], f"{where} says that the extra {extra} has {name}"
            checked.add(name)
    assert {"trafilatura", "lxml", "pypdfium2", "striprtf", "openpyxl", "pyarrow", "pandas", "distributed"} <= checked


def test_developers_have_all_extras() -> None:
    """The extra `all` has what users can add, and `dev` has that as well."""
    for extra in EXTRAS.keys() - FOR_DEVELOPERS:
        assert EXTRAS[extra] <= EXTRAS["all"], extra
    assert EXTRAS["all"] <= EXTRAS["dev"]


@pytest.mark.slow
def test_no_files_of_other_packages_are_read() -> None:
    """Packages are used through what they offer: nothing here looks for the places of their files."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
            assert name not in {"find_spec", "PathFinder", "module_from_spec", "spec_from_file_location"}, path
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"files", "resources.files", "distribution"}:
                argument = node.args[0]
                own = not isinstance(argument, ast.Constant) or str(argument.value).startswith("nmf_topics")
                assert own, f"{path} reads files of {ast.unparse(argument)}"


def with_requirements(names: set[str]) -> set[str]:
    """Distributions with all that they require on this machine."""
    found, waiting = set(), {*names}
    while waiting:
        name = waiting.pop()
        found.add(name)
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        needed = [
            need for need in map(Requirement, lines) if need.marker is None or need.marker.evaluate({"extra": ""})
        ]
        waiting |= {canonicalize_name(need.name) for need in needed} - found
    return found


def run_with(distributions: set[str], program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that can import this package and, of all that is installed, these distributions only."""
    usable = {*distributions, canonicalize_name(PROJECT["name"])}
    hidden = {
        module
        for module, names in importlib.metadata.packages_distributions().items()
        if not usable & {canonicalize_name(name) for name in names}
    }
    guard = f"""
import sys
class Guard:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(hidden)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Guard())
"""
    command = [sys.executable, "-c", guard + program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, so that counts are not those of another test."""
    monkeypatch.setenv("NMF_TOPICS_CACHE", str(tmp_path / "cache"))


@pytest.mark.slow
def test_factorize_imports_numpy_and_scipy_only(tmp_path: Path) -> None:
    """`from nmf_topics import factorize` works where nothing else is installed."""
    done = run_with({"numpy", "scipy"}, "from nmf_topics import factorize; print(factorize.__name__)", tmp_path)
    assert (done.stdout, done.stderr) == ("factorize\n", "")


@pytest.mark.slow
@pytest.mark.usefixtures("own_cache")
def test_the_core_fits_the_sample(tmp_path: Path) -> None:
    """`nmf-topics demo` works without any extra."""
    program = "from nmf_topics.cli.main import main; sys.argv = ['nmf-topics', 'demo', '--quiet']; main()"
    done = run_with(with_requirements(CORE), program, tmp_path)
    assert done.stderr == ""
    assert "river, sea, coast" in done.stdout
    assert (tmp_path / "models/demo/report.html").stat().st_size > 100_000
    assert (tmp_path / "models/demo/clouds/topic-01.png").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.usefixtures("own_cache")
def test_the_core_fits_a_folder_with_other_files(tmp_path: Path) -> None:
    """Files that need an extra are counted with the command that installs it, and the text files are fitted."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for number, words in enumerate(["green tea leaves", "black coffee beans", "tea leaves water", "coffee beans milk"]):
        (folder / f"{number}.txt").write_text(f"{words} " * 20, encoding="utf-8")
        (folder / f"{number}.html").write_text(f"<p>{words}</p>", encoding="utf-8")
    (folder / "a.docx").write_bytes(b"PK")
    (folder / "old.txt").write_bytes("Thé vert, café noir, crème brûlée et gâteau".encode("cp1252"))
    argv = ["nmf-topics", "fit", "texts", "--rank", "2", "--min-pages", "1", "-o", "model"]
    program = f"from nmf_topics.cli.main import main; sys.argv = {argv!r}; main()"
    done = run_with(with_requirements(CORE), program, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "4 .html (reading web pages needs the package 'trafilatura'" in done.stderr
    assert done.stderr.count("pip install 'nmf-topics[html]'") == 1
    record = json.loads((tmp_path / "model/run.json").read_text(encoding="utf-8"))
    assert record["counts"]["pages"] == 5
    program = program.replace("texts", "texts/0.html")
    refused = run_with(with_requirements(CORE), program, tmp_path)
    assert refused.returncode == 1
    assert "pip install 'nmf-topics[html]'" in refused.stderr
    assert "Traceback" not in refused.stderr
