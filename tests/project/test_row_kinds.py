"""Kinds of rows differ in one place, `matrix.rows`: nothing else compares them, and an entry there makes a new kind."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from program import Run

import nmf_topics
from nmf_topics import classify, fit_topics
from nmf_topics.analysis.method_comparison import compare_factorizations
from nmf_topics.analysis.ranks import try_ranks
from nmf_topics.files.schema import TEXT, Check, list_of
from nmf_topics.matrix.datamatrix import DataMatrix, PageColumns
from nmf_topics.matrix.rows import AXES, ROW_KINDS, RowKind, row_axis
from nmf_topics.model.files import load_model
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.recipes import RECIPES
from nmf_topics.views.model_folder import write_model_folder
from nmf_topics.views.plots.figures import draw_comparison
from nmf_topics.views.tables.export import EXPORTS, export_model

ROOT = Path(nmf_topics.__file__).parent
HOME = ROOT / "matrix" / "rows.py"
INGREDIENTS = ("flour", "butter", "sugar", "milk", "beef", "onion", "carrot", "pepper")


# ---------------------------------------------------------------------------------------------- the one place


def is_kind(node: ast.AST) -> bool:
    """Whether an expression is the kind of some rows: `data.rows.kind`, `grid.kind`; other things have kinds, too."""
    owner = node.value if isinstance(node, ast.Attribute) and node.attr == "kind" else None
    return {getattr(owner, "attr", ""), getattr(owner, "id", "")} & {"rows", "axis", "grid"} != set()


def names_kind(node: ast.AST) -> bool:
    """Whether an expression has the key of a kind of rows."""
    return any(isinstance(part, ast.Constant) and part.value in ROW_KINDS for part in ast.walk(node))


def comparisons(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the lines of a module that ask for the kind of rows in another way than by its entry."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            kinds = [side for side in sides if getattr(side, "attr", getattr(side, "id", "")) == "kind"]
            if any(map(is_kind, sides)) or (kinds and any(map(names_kind, sides))):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Match) and is_kind(node.subject):
            yield node.lineno, ast.unparse(node.subject)
        elif isinstance(node, ast.Subscript) and is_kind(node.slice):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            names = {getattr(part, "id", "") for part in ast.walk(node.args[1])}
            if names & {cls.__name__ for cls in AXES.values()}:
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and any(alias.name == "singledispatch" for alias in node.names):
            yield node.lineno, "singledispatch"


@pytest.mark.parametrize(
    "text",
    [
        'if model.rows.kind == "terms": pass',
        'if rows.kind != "pixels": pass',
        'x = model.rows.kind in ("terms", "pixels")',
        'f = {"terms": 1}[model.rows.kind]',
        "if first.rows.kind == second.rows.kind: pass",
        'match rows.kind:\n    case "terms": pass',
        'kind = model.rows.kind\nif kind == "terms": pass',
        "if isinstance(data.rows, PixelGrid): pass",
        "from functools import singledispatch",
    ],
)
def test_comparisons_are_found(text: str) -> None:
    """The search below finds each way of comparing that the package once had."""
    assert list(comparisons(ast.parse(text)))


def test_kinds_are_compared_nowhere() -> None:
    """Modules ask the entry of a kind for what they need to know; only files say which kind it is."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in ROOT.rglob("*.py")
        if path != HOME and path.relative_to(ROOT).parts[0] not in ("corpus", "factor")  # which know no rows
        for line, text in comparisons(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found
    programs = [*ROOT.rglob("*.js"), *ROOT.rglob("*.html")]
    assert programs
    assert not [path.name for path in programs if ".kind" in path.read_text(encoding="utf-8")]


# ---------------------------------------------------------------------------------------------- a further kind


@dataclass(frozen=True)
class Ingredients:
    """Rows that are ingredients of meals."""

    names: Sequence[str]
    kind: ClassVar[str] = "ingredients"
    fields: ClassVar[Mapping[str, Check]] = {"names": list_of(TEXT)}

    @property
    def shown(self) -> Sequence[str]:
        return [name.title() for name in self.names]

    def __len__(self) -> int:
        return len(self.names)

    def columns(self) -> dict[str, Sequence[str]]:
        return {"ingredient": self.names}

    def to_meta(self) -> dict[str, Any]:
        return {"names": list(self.names)}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Ingredients:
        return cls(tuple(meta["names"]))


@pytest.fixture
def meals(monkeypatch: pytest.MonkeyPatch) -> DataMatrix:
    """Twelve meals, baked ones and stews; their kind of rows is an entry of the table and nothing else."""
    monkeypatch.setattr("nmf_topics.matrix.rows.AXES", AXES)  # both tables are as before when the test ends
    monkeypatch.setitem(AXES, "ingredients", row_axis(Ingredients))
    method = ("Each meal is a column of V, ingredients by meals.", "NMF finds W and H.")
    entry = RowKind("ingredient", "ingredient", "meal", "flavour", (), method, has_names=True)
    monkeypatch.setitem(ROW_KINDS, "ingredients", entry)
    rng = np.random.default_rng(0)
    V = np.zeros((8, 12))
    V[:4, :6], V[4:, 6:] = rng.uniform(1, 5, (4, 6)), rng.uniform(1, 3, (4, 6))
    pages = [f"meal {j}" for j in range(12)]
    meta = [{"label": "baked" if j < 6 else "stew"} for j in range(12)]
    return DataMatrix(V, Ingredients(INGREDIENTS), PageColumns(pages, pages, meta), recipe={"corpus": {"name": "menu"}})


@pytest.fixture
def cuisine(meals: DataMatrix) -> TopicModel:
    """Two topics of the meals."""
    return fit_topics(meals, 2)


@pytest.fixture
def folder(cuisine: TopicModel, tmp_path: Path) -> Path:
    """The model, written with tables, pictures and report."""
    write_model_folder(cuisine, tmp_path / "menu", lambda: {"schema": 1, "command": "fit"})
    return tmp_path / "menu"


def test_a_model_of_a_further_kind(meals: DataMatrix, cuisine: TopicModel) -> None:
    """Topics are labelled and listed by the names of rows; what needs texts or images is refused or left out."""
    assert repr(meals) == "DataMatrix of 8 ingredients x 12 meals, float64"
    assert {*cuisine.label(1).split(", ")} <= {name.title() for name in INGREDIENTS[:4]}
    assert [word for word, _ in cuisine.terms(2, 4)] == [word.word for word in cuisine.words(2, 4)]
    assert {word for word, _ in cuisine.terms(2, 4, order="exclusive")} <= {name.title() for name in INGREDIENTS[4:]}
    assert repr(cuisine).startswith("TopicModel: 2 topics of 12 meals and 8 ingredients")
    html = cuisine._repr_html_()
    assert "<img" not in html
    assert "cloud</th>" in html
    frame = cuisine.words_frame()
    assert frame.index.name == "ingredient"
    assert frame.columns.tolist() == ["topic_1", "topic_2"]
    with pytest.raises(ValueError, match="only words can be hidden, and the rows of this model are ingredients"):
        cuisine.renamed({}, ["flour"])
    with pytest.raises(ValueError, match="the model's rows are ingredients, not words"):
        classify(cuisine, ["flour and butter"])
    with pytest.raises(ValueError, match="a guide consists of words, but the rows of V are ingredients"):
        fit_topics(meals, 2, guide={"baked": ["flour"]})
    with pytest.raises(ValueError, match="rank 9 is larger than the number of ingredients, 8"):
        fit_topics(meals, 9)
    [assigned] = classify(cuisine, np.array([[0, 0, 0, 0, 2.0, 1, 1, 1]]), terms=INGREDIENTS, pages_in="rows")
    assert assigned.topics.topic == int(cuisine.dominant()[-1]) + 1


@pytest.mark.slow
def test_analyses_of_a_further_kind(meals: DataMatrix, tmp_path: Path) -> None:
    """Ranks are tried, and methods compared in a picture of names."""
    rows = list(try_ranks(meals, [2, 3], RECIPES["default"]))
    assert [row.rank for row in rows] == [2, 3]
    assert 0 < rows[0].diversity <= 1
    model = fit_topics(meals, 2, objective="frobenius", refine="none")
    draw_comparison(meals, compare_factorizations(meals, model), 0, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["compare.png"]


def test_files_of_a_further_kind(cuisine: TopicModel, folder: Path, tmp_path: Path) -> None:
    """It is saved, loaded, drawn, exported in all formats and shown in a report without passages."""
    loaded = load_model(folder)
    assert loaded.rows == cuisine.rows
    np.testing.assert_array_equal(loaded.W, cuisine.W)
    assert {path.name for path in (folder / "clouds").iterdir()} == {"all.png", "topic-01.png", "topic-02.png"}
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "<h1><bdi>menu</bdi>: 2 flavours</h1>" in report
    assert '<th scope="col">meals</th>' in report
    (tmp_path / "out").mkdir()
    assert export_model(cuisine, list(EXPORTS), tmp_path / "out") == []
    header, first, *_ = (tmp_path / "out" / "rows.csv").read_text(encoding="utf-8").splitlines()
    assert header == "row,ingredient,topic_1,topic_2"
    assert first.startswith("1,flour,")
    assert json.loads((tmp_path / "out" / "pyldavis.json").read_text(encoding="utf-8"))["vocab"][0] == "Flour"


def test_commands_of_a_further_kind(folder: Path, ok: Run, run: Run) -> None:
    """The commands that look at models and change them work; `classify` of texts says why it does not."""
    name = INGREDIENTS[0].title()
    assert name in ok("topics", folder).stdout
    assert name in ok("topics", folder, "--topic", 1).stdout + ok("topics", folder, "--topic", 2).stdout
    assert "meal 3" in ok("pages", folder).stdout
    assert "agreement with labels: NMI" in ok("evaluate", folder).stdout
    assert json.loads(ok("diff", folder, folder, "--json").stdout)["shared_terms"] == 8
    ok("clouds", folder)
    ok("report", folder)
    assert "by the similarity of their ingredients" in ok("figures", folder, "--format", "svg").stdout
    assert "Bakery" in ok("label", folder, "1=Bakery").stdout
    Path("page.txt").write_text("flour and butter", encoding="utf-8")
    refused = run("classify", "page.txt", "--model", folder)
    assert refused.exit_code == 1
    assert "the model's rows are ingredients, not words: it cannot classify text" in refused.stderr
