"""The user's own tokenizer, lemmatizer and test for stop words: used, stored by name, and asked for again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nmf_topics import classify, fit_topics, load_model, save_model
from nmf_topics.model.model import TopicModel
from nmf_topics.text.analyzer import word_options
from nmf_topics.text.functions import NamedFunction, name_of

TEXTS = ["c++ and java|c++", "goal|goals in the final", "java beats c++", "final goal|the match"] * 3


def split(text: str) -> list[str]:
    """Words apart by spaces and bars: c++ is one."""
    return text.replace("|", " ").split()


def first_four(word: str) -> str:
    """The beginning of a word as its normal form."""
    return word[:4]


def is_short(word: str) -> bool:
    """Whether a word is one of two letters."""
    return len(word) <= 2


class Splitter:
    """A tokenizer that is an object, as a pipeline of a large library is."""

    def __call__(self, text: str) -> list[str]:
        return split(text)

    def __deepcopy__(self, memo: Any) -> Splitter:
        raise AssertionError("a pipeline of a gigabyte is not copied")


def fit(**options: Any) -> TopicModel:
    """Two topics of words on any number of pages."""
    return fit_topics(TEXTS, 2, **{"min_pages": 1, "max_pages": 1.0, **options})


def terms(model: TopicModel) -> set[str]:
    """The terms of a model of text."""
    rows: Any = model.rows
    return set(rows.terms)


def test_a_tokenizer_decides_what_a_token_is() -> None:
    """C++ stays whole; lower case, stop words and normal forms are as ever, unless they are turned off."""
    assert "c" in terms(fit(numbers=True, keep=["c"]))
    model = fit(tokenizer=split)
    assert terms(model) == {"c++", "java", "beat", "goal", "final", "match"}
    plain = fit(tokenizer=split, normalize="none", default_stops=False)
    assert terms(plain) == {"c++", "java", "beats", "goal", "goals", "final", "match", "and", "in", "the"}
    assert plain.ledger["tokens"] == sum(len(split(text)) for text in TEXTS)


def test_a_generator_and_an_object_are_tokenizers_as_well() -> None:
    """Whatever can be called and gives strings; nothing of it is copied."""
    expected = fit(tokenizer=split)
    for tokenizer in (Splitter(), lambda text: (token for token in split(text))):
        assert np.array_equal(fit(tokenizer=tokenizer).H, expected.H)


def test_a_lemmatizer_makes_the_terms() -> None:
    """It is called once for each distinct word, in lower case; readers see the words themselves."""
    seen: list[str] = []

    def lemma(word: str) -> str:
        seen.append(word)
        return first_four(word)

    model = fit(tokenizer=split, lemmatizer=lemma)
    assert terms(model) == {"c++", "java", "beat", "goal", "fina", "matc"}
    assert "final" in {word for word, _ in model.terms(1) + model.terms(2)}
    assert all(word == word.lower() for word in seen)
    assert terms(fit(tokenizer=split, lemmatizer=lambda word: "" if word == "java" else word)).isdisjoint({"java", ""})


def test_stop_words_are_a_list_or_a_test() -> None:
    """Both are on top of the language's list; a list means words in all their forms."""
    assert "goal" not in terms(fit(tokenizer=split, stop_words=["Goals"]))
    assert terms(fit(tokenizer=split, stop_words=lambda word: word == "java")) == terms(fit(tokenizer=split)) - {"java"}
    alone = fit(tokenizer=split, stop_words=is_short, default_stops=False)
    assert {"and", "the"} <= terms(alone)
    assert "in" not in terms(alone)


def test_new_pages_are_read_as_the_corpus_was() -> None:
    """A page of the fit gets its own weights back, through the user's functions."""
    model = fit(tokenizer=split, lemmatizer=first_four, stop_words=is_short)
    found = classify(model, TEXTS)
    assert np.allclose(found.weights.T * model.H.sum(axis=0), model.H, atol=1e-6)
    assert classify(model, ["c++|cobol"])[0].unknown_words == ["cobol"]
    assert model.renamed({}, hide=["JAVA"]).hidden_rows == [sorted(terms(model)).index("java")]


def test_phrases_guides_and_other_languages_use_them() -> None:
    """What looks at the text once more reads it the same way."""
    texts = ["c++ standard library", "c++ standard committee", "a goal in the match", "the match had a goal"] * 10
    model = fit_topics(texts, 2, min_pages=1, max_pages=1.0, tokenizer=split, phrases=True)
    assert "c++ standard library" in terms(model)
    guided = fit_topics(texts, 2, min_pages=1, max_pages=1.0, tokenizer=split, guide={"Programming": ["C++"]})
    assert guided.label(guided.dominant()[0] + 1) == "Programming"


def test_a_model_has_their_names_and_gets_them_again(tmp_path: Path) -> None:
    """Saved by name as plain JSON; loaded without them it shows everything, but needs them to read text."""
    model = fit(tokenizer=split, lemmatizer=first_four, stop_words=is_short)
    save_model(model, tmp_path / "m")
    words = json.loads((tmp_path / "m" / "model.json").read_text())["recipe"]["words"]
    assert words["tokenizer"] == f"{__name__}.split"
    assert words["lemmatizer"] == f"{__name__}.first_four"
    assert words["stop_test"] == f"{__name__}.is_short"

    alone = load_model(tmp_path / "m")
    assert repr(alone) == repr(model)
    assert alone._repr_html_() == model._repr_html_()
    assert alone.pages_frame().equals(model.pages_frame())
    with pytest.raises(
        ValueError, match=rf"its own tokenizer, {__name__}\.split, .*load_model\(folder, tokenizer=\.\.\.\)"
    ):
        classify(alone, ["c++"])

    whole = load_model(tmp_path / "m", tokenizer=split, lemmatizer=first_four, stop_words=is_short)
    assert np.array_equal(classify(whole, TEXTS).weights, classify(model, TEXTS).weights)
    some = load_model(tmp_path / "m", tokenizer=split)
    with pytest.raises(ValueError, match=r"load_model\(folder, (lemmatizer|stop_words)=\.\.\.\)"):
        classify(some, ["c++"])


def test_a_model_that_was_loaded_can_hide_words_and_be_saved_again(tmp_path: Path) -> None:
    """Words are found by their spelling where the functions are not there; names survive."""
    save_model(fit(tokenizer=split), tmp_path / "m")
    alone = load_model(tmp_path / "m").renamed({1: "One"}, hide=["Java"])
    assert len(alone.hidden_rows) == 1
    save_model(alone, tmp_path / "again")
    assert load_model(tmp_path / "again", tokenizer=split).names == {1: "One"}
    assert word_options(load_model(tmp_path / "again").recipe).own_functions == {"tokenizer": f"{__name__}.split"}


def test_other_functions_than_those_of_the_fit_are_refused(tmp_path: Path) -> None:
    """They would silently count nothing."""
    save_model(fit(tokenizer=split, lemmatizer=str.upper, normalize="none"), tmp_path / "m")
    with pytest.raises(ValueError, match=r"not those that the model was fitted with .*builtins\.str\.upper"):
        load_model(tmp_path / "m", tokenizer=split, lemmatizer=first_four)
    with pytest.raises(ValueError, match="stop_words: the model was fitted without such a function"):
        load_model(tmp_path / "m", stop_words=is_short)
    with pytest.raises(TypeError, match="tokenizer must be a function, not 'split'"):
        load_model(tmp_path / "m", tokenizer="split")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tokenizer": lambda text: text}, r"tokenizer must return a list of strings; for 'c\+\+ and.* of type str"),
        ({"tokenizer": lambda text: None}, "tokenizer must return a list of strings; .* of type NoneType"),
        ({"tokenizer": lambda text: [1]}, "tokenizer must return strings; .*'1' of type int"),
        (
            {"lemmatizer": lambda word: None},
            "lemmatizer must return a string; for '.*' it returned 'None' of type NoneType",
        ),
    ],
)
def test_what_a_function_returns_is_checked(options: dict[str, Any], message: str) -> None:
    """A TypeError names the function, what it was given and what it gave."""
    with pytest.raises(TypeError, match=message):
        fit(**options)


def test_an_error_of_the_function_is_its_own() -> None:
    """It comes through as it was raised."""

    def broken(text: str) -> list[str]:
        raise LookupError("no model of this language")

    with pytest.raises(LookupError, match="no model of this language"):
        fit(tokenizer=broken)


def test_names_of_functions() -> None:
    """Of functions, methods, objects and lambdas."""
    assert name_of(split) == f"{__name__}.split"
    assert name_of(str.lower) == "builtins.str.lower"
    assert name_of(Splitter()) == f"{__name__}.Splitter"
    assert name_of(lambda text: []).endswith("<lambda>")
    assert NamedFunction.of(split) == f"{__name__}.split"
