"""Names given to topics survive a second fit into the same folder, where topics match; nothing is lost silently."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from inputs import TINY, WIDE
from outputs import document, everything
from program import Run

from nmf_topics.analysis.carried_names import LostName, carry_names
from nmf_topics.model.files import load_model
from nmf_topics.model.model import TopicModel
from nmf_topics.terms.vocabulary import Vocabulary


def guide(model: TopicModel, topics: Mapping[str, list[str]]) -> TopicModel:
    """The model as if it had been fitted with a guide."""
    return replace(model, recipe={**model.recipe, "guide": dict(topics)})


def permuted(model: TopicModel, order: list[int]) -> TopicModel:
    """The model with its topics in another order, without names."""
    return replace(model, W=model.W[:, order].copy(), H=model.H[order].copy(), names={}, hidden=())


def test_names_follow_the_topics(model: TopicModel) -> None:
    """A name goes to the topic with the same words, whatever its number is; so do hidden words."""
    named = model.renamed({1: "One", 3: "Three"}, ["moon"])
    new, carried = carry_names(named, permuted(model, [2, 0, 1]))
    assert new.names == carried.names == {1: "Three", 2: "One"}
    assert new.hidden == ("moon",)
    assert (carried.lost, carried.hidden, carried.lost_hidden) == ([], ["moon"], [])


def test_names_without_a_matching_topic_are_listed(model: TopicModel) -> None:
    """A topic that is not there any more takes its name along; the most similar topic is named."""
    named = model.renamed({1: "One", 2: "Two"})
    mixed = model.W.copy()
    mixed[:, 0] = model.W.mean(axis=1)  # 0.58 from each of three topics without a common word
    mixed[:, 1] = model.W[:, 2]
    new, carried = carry_names(named, replace(permuted(model, [0, 1, 2]), W=mixed))
    assert new.names == {}
    assert [(lost.name, lost.nearest) for lost in carried.lost] == [("One", 1), ("Two", 1)]
    assert all(0.3 < lost.similarity < 0.71 for lost in carried.lost)


def test_a_model_of_something_else_takes_nothing(model: TopicModel) -> None:
    """Where no word is shared, names and hidden words are listed as lost."""
    words = [f"x{i}" for i in range(len(model.rows))]
    new, carried = carry_names(
        model.renamed({2: "Two"}, ["moon"]), replace(permuted(model, [0, 1, 2]), rows=Vocabulary(words, words))
    )
    assert (new.names, new.hidden) == ({}, ())
    assert carried.lost == [LostName("Two", None, 0.0)]
    assert carried.lost_hidden == ["moon"]


def test_guides_name_their_topics(model: TopicModel) -> None:
    """Names from an earlier guide are not carried over; a name that replaced one of the same guide is."""
    sky = {"Sky": ["moon", "stars"]}
    before = guide(replace(model, names={1: "Sky", 2: "Given"}), sky)
    plain = permuted(model, [0, 1, 2])
    assert carry_names(before, plain)[0].names == {2: "Given"}
    same = guide(replace(plain, names={2: "Sky"}), sky)
    assert carry_names(before, same)[0].names == {2: "Given"}
    other = guide(replace(plain, names={2: "Space"}), {"Space": ["moon"]})
    new, carried = carry_names(before, other)
    assert new.names == {2: "Space"}
    assert [lost.name for lost in carried.lost] == ["Given"]


def test_a_second_fit_keeps_the_names(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """Another fit into the same folder keeps names and hidden words, in all files, and says so; --no-names does not."""
    ok("label", "1=Music", "2=The sky", "--hide", "planet")
    again = ["fit", tiny_corpus, "-r", 3, *WIDE]
    result = ok(*again, "--seed", 5, "--start", "random")
    assert "names carried over from the earlier model:" in result.stderr
    assert "still hidden: planet" in result.stderr
    labels = {topic["label"]: topic for topic in document(ok("topics", "--json"))["topics"]}
    assert {"Music", "The sky"} <= set(labels)
    assert "rocket" in {term["term"] for term in labels["The sky"]["terms"]}
    assert "planet" not in {term["term"] for term in labels["The sky"]["terms"]}
    assert "The sky" in (fitted / "pages.csv").read_text(encoding="utf-8")
    assert "carried over" not in ok(*again, "--no-names").stderr
    assert load_model(fitted).names == {}
    assert load_model(fitted).hidden == ()
    assert "carried over" not in ok(*again).stderr


def test_a_second_fit_says_which_names_are_lost(ok: Run, fitted: Path) -> None:
    """Names of topics that are gone are listed with the command that gives them again, and stay in run.json."""
    ok("label", "1=Music", "2=The sky", "3=Animals")
    other = [{"id": str(i), "text": text} for i, text in enumerate(2 * TINY["music"])]
    Path("other.jsonl").write_text("".join(json.dumps(page) + "\n" for page in other), encoding="utf-8")
    result = ok("fit", "other.jsonl", "-r", 1, "-o", fitted, "--max-pages", 1.0)
    for name in ("The sky", "Animals"):
        assert f"no topic matches the earlier topic {name!r}, so the name is not carried over" in result.stderr
    lost = json.loads((fitted / "run.json").read_text(encoding="utf-8"))["names_not_carried_over"]
    assert {"The sky", "Animals"} <= set(lost)


def test_a_damaged_earlier_model_costs_its_names_only(ok: Run, fitted: Path, tiny_corpus: Path) -> None:
    """Where the earlier model cannot be read the fit goes on, and the loss of the names is reported."""
    ok("label", "1=Music")
    (fitted / "model.npz").write_bytes(b"damaged")
    result = ok("fit", tiny_corpus, "-r", 3, *WIDE)
    assert "the names of the earlier model are not carried over: the model in" in result.stderr
    assert load_model(fitted).names == {}


@pytest.mark.parametrize(("command", "options"), [("export", ()), ("figures", ("--format", "png"))])
def test_files_made_from_the_earlier_model_go(
    ok: Run, fitted: Path, tiny_corpus: Path, command: str, options: tuple[str, ...]
) -> None:
    """A new model has no export/ or figures/ of the earlier one next to it; other files in them stay."""
    ok(command, *options)
    if command == "export":
        ok(command, "--to", "markdown")  # files of both formats are of the export
        assert {"rows.csv", "topics.md"} <= set(json.loads((fitted / "export/export.json").read_text())["files"])
    ok("label", "1=Music")
    assert (fitted / command).is_dir()
    before = everything(fitted / command)
    assert f"made before and not changed: {command}" in ok("label", "1=Tunes").stderr
    assert everything(fitted / command) == before
    (fitted / command / "notes.txt").write_text("mine")
    result = ok("fit", tiny_corpus, "-r", 3, *WIDE)
    assert f"removed what was made from the earlier model: {command} in" in result.stderr
    assert [path.name for path in (fitted / command).iterdir()] == ["notes.txt"]
    (fitted / command / "notes.txt").unlink()
    (fitted / command).rmdir()
    ok(command, *options)
    ok("fit", tiny_corpus, "-r", 3, *WIDE)
    assert not (fitted / command).exists()
