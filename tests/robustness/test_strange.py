"""Strange input: any bytes as a file, any text as a page or an option. A result or one clear error, and no hang.

`bench/fuzz.py` looks for more of it, for as long as one likes.
"""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from program import Refused

from nmf_topics.cli.main import cli
from nmf_topics.corpus.readers.formats import TEXTS
from nmf_topics.corpus.readers.parquet import PARQUET
from nmf_topics.corpus.readers.tables import TABLES
from nmf_topics.errors import NmfTopicsError
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.terms.pruning import Bounds
from nmf_topics.text.analyzer import WordOptions

ROWS = [{"id": i, "title": f"Page {i}", "text": "The cat saw the dog. New York, New York!"} for i in range(4)]
SOUND = [
    "\n".join(map(json.dumps, ROWS)).encode(),
    b"id,title,text\n1,One,the cat\n2,Two,the dog\n",
    b"<html><title>T</title><body><p>The cat saw the dog.</p></body></html>",
    b"<mediawiki><page><title>A</title><ns>0</ns><id>1</id><revision><text>[[cat]]</text></revision></page></mediawiki>",
    "Naïve café’s ‘cat’\r\n".encode("utf-16"),
    gzip.compress(b"the cat", mtime=0),
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    b"PK\x03\x04",
    b"PAR1",
]
ENDINGS = [*TEXTS, *TABLES, PARQUET, ".xml"]
CUT = st.tuples(st.integers(0, 200), st.integers(0, 20), st.binary(max_size=8))
ANY = st.text(st.characters(exclude_categories=()), max_size=30)  # lone surrogates, too


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Bytes of some format with parts of them changed, or any bytes."""
    data = draw(st.one_of(st.sampled_from(SOUND), st.binary(max_size=60)))
    for at, length, put in draw(st.lists(CUT, max_size=3)):
        data = data[:at] + put + data[at + length :]
    return data


def read(path: Path, words: WordOptions) -> None:
    """Read and count a source, or hear one error of ours."""
    with suppress(NmfTopicsError):
        prepare(Source(str(path)), Recipe(words=words, bounds=Bounds(min_pages=1, max_pages=1.0)))


@pytest.mark.filterwarnings("ignore")
@settings(deadline=20_000, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damaged(), st.sampled_from(ENDINGS), st.sampled_from(["", "", ".gz"]), st.booleans())
def test_any_bytes_as_a_file(tmp_path: Path, data: bytes, ending: str, packing: str, folder: bool) -> None:
    """Whatever its name promises, by itself or in a folder."""
    place = tmp_path / "texts"
    place.mkdir(exist_ok=True)
    path = place / f"strange{ending}{packing}"
    path.write_bytes(gzip.compress(data, mtime=0) if packing and folder else data)
    try:
        read(place if folder else path, WordOptions())
    finally:
        path.unlink()


@settings(deadline=20_000, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(ANY, min_size=1, max_size=4),
    st.builds(
        WordOptions,
        language=st.sampled_from(["en", "de", "tr", "ar"]),
        normalize=st.sampled_from(["none", "stem", "lemma"]),
        stop=st.lists(ANY, max_size=2).map(tuple),
        keep=st.lists(ANY, max_size=2).map(tuple),
        phrases=st.booleans(),
        boilerplate=st.booleans(),
        numbers=st.booleans(),
        accents=st.booleans(),
        chunk=st.sampled_from([None, 3]),
    ),
)
def test_any_text_as_a_page(tmp_path: Path, texts: list[str], options: WordOptions) -> None:
    """And any words as stop words and words to keep."""
    path = tmp_path / "strange.jsonl"
    rows = [{"id": f"{i}", "title": text, "text": text} for i, text in enumerate(texts)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    read(path, options)


@settings(deadline=20_000, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=12).filter(lambda raw: b"\0" not in raw), st.data())
def test_any_bytes_as_an_argument(fitted: Path, raw: bytes, data: st.DataObject) -> None:
    """Words, names and paths as a shell hands them over: those that are no UTF-8 come as lone surrogates."""
    word = raw.decode("utf-8", "surrogateescape")
    arguments = data.draw(
        st.sampled_from(
            [
                ["topics", word],
                ["pages", str(fitted), "--topic", word],
                ["classify", "--model", word, word],
                ["evaluate", str(fitted), "--source", word],
                ["diff", str(fitted), word],
                ["export", str(fitted), "--to", word],
                ["figures", str(fitted), "--by", word],
                ["label", str(fitted), word],
                ["fit", word],
                ["fit", word, "--stop", word],
            ]
        )
    )
    result = CliRunner().invoke(cli, arguments, prog_name="nmf-topics", input="")
    assert result.exit_code in (0, 1, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit)


BAD = "caf\udce9"


@pytest.mark.parametrize(
    "arguments",
    [
        ("label", "--hide", BAD),
        ("label", f"1={BAD}"),
        ("fit", "--stop", BAD),
        ("fit", "--keep", f"a,{BAD}"),
        ("fit", "--text-column", BAD),
        ("figures", "--by", BAD),
        ("fit", "--guide", f"{BAD}: cat"),
        ("fit", "--guide", f"animals: cat, {BAD}"),
    ],
)
def test_words_that_are_no_text_are_refused(refused: Refused, fitted: Path, arguments: tuple[str, ...]) -> None:
    """Bytes that are no UTF-8 cannot be written into a model; the model stays."""
    before = (fitted / "model.json").read_bytes()
    assert "is not UTF-8 text" in refused(2, *arguments)
    assert (fitted / "model.json").read_bytes() == before
