"""Rules of the package that can be checked by reading its source: layers, import costs, the size of modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import nmf_topics

ROOT = Path(nmf_topics.__file__).parent
# A module imports from its own folder and from folders of a lower layer, never from another folder of its own layer.
LAYERS = {
    "errors": 0,
    "files": 1,
    "factor": 2,
    "matrix": 3,
    "sklearn": 3,
    "text": 3,
    "corpus": 4,
    "terms": 4,
    "images": 4,
    "pipeline": 5,
    "model": 6,
    "analysis": 7,
    "views": 8,
    "library": 9,
    "cli": 9,
}
# Inside a folder that has subfolders: a module of a subfolder may import from the subfolders named after it.
SUBFOLDERS = {
    "corpus": {"readers": set(), "mediawiki": {"readers"}, "fetch": {"readers", "mediawiki"}},
    "factor": {"engines": set()},
    "views": {"drawing": set(), "tables": set(), "plots": {"drawing"}, "report": {"drawing", "tables"}},
}
# Slow to import, or not installed everywhere: imported in the function that needs them.
DEFERRED = {"nltk", "Stemmer", "simplemma", "wordcloud", "matplotlib", "PIL", "fontTools", "charset_normalizer", "rich"}
DEFERRED |= {"stopwordsiso", "backports", "requests", "urllib3", "dask", "distributed", "xlsxwriter", "jinja2"}
DEFERRED |= {
    "filelock",
    "trafilatura",
    "lxml",
    "pypdfium2",
    "striprtf",
    "openpyxl",
    "pyarrow",
    "py3langid",
    "pandas",
    "polars",
    "rjieba",
    "opencc",
    "sudachipy",
    "pythainlp",
}
MODULES = sorted(ROOT.rglob("*.py"))
MAX_LINES = 400


def parts_of(path: Path) -> tuple[str, ...]:
    """The names of a module below the package: ("corpus", "readers", "tables")."""
    return path.relative_to(ROOT).with_suffix("").parts


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    """Full names of the modules that a module imports; names imported from a package count as its modules."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.iter_child_nodes(tree) if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            assert node.module is not None
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if (ROOT.parent / name.replace(".", "/")).with_suffix(".py").exists() else node.module


def own_imports(path: Path, *, top_only: bool = False) -> Iterator[tuple[str, ...]]:
    """The modules of this package that a module imports, as names below the package."""
    for name in imports(path, top_only=top_only):
        first, *rest = name.split(".")
        if first == "nmf_topics" and rest:
            yield tuple(rest)


def test_imports_point_to_lower_layers() -> None:
    """A module knows its own folder and lower layers; inside a folder, subfolders have an order as well."""
    for path in MODULES:
        here = parts_of(path)
        if here[0] in ("__init__", "__main__"):  # the public names, and the entry point of cli
            continue
        for other in own_imports(path):
            if other[0] != here[0]:
                assert LAYERS[other[0]] < LAYERS[here[0]], f"{'.'.join(here)} must not import {'.'.join(other)}"
            elif here[0] in SUBFOLDERS and len(here) > 2 and len(other) > 2 and here[1] != other[1]:
                assert other[1] in SUBFOLDERS[here[0]][here[1]], f"{'.'.join(here)} must not import {'.'.join(other)}"


def test_no_import_cycle() -> None:
    """No module imports itself through others, whether at the top of the module or inside a function."""
    graph = {parts_of(path): set(own_imports(path)) for path in MODULES}
    done: set[tuple[str, ...]] = set()

    def visit(module: tuple[str, ...], trail: list[tuple[str, ...]]) -> None:
        assert module not in trail, " -> ".join(".".join(name) for name in [*trail, module])
        if module not in done and module in graph:
            for other in sorted(graph[module]):
                visit(other, [*trail, module])
            done.add(module)

    for module in sorted(graph):
        if module != ("__init__",):
            visit(module, [])


def test_costly_packages_are_imported_late() -> None:
    """Packages that are slow to import are imported in the function that needs them; only cli knows click."""
    for path in MODULES:
        for name in imports(path, top_only=True):
            package = name.split(".")[0]
            assert package not in DEFERRED, f"{path.name} imports {name} at once"
            assert package != "click" or parts_of(path)[0] == "cli", f"{path} must not know click"


def test_modules_fit_in_one_reading() -> None:
    """A module has a docstring and at most 400 lines."""
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"
        assert text.count("\n") <= MAX_LINES, f"{path} has more than {MAX_LINES} lines"
