"""nmf-topics evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from nmf_topics.analysis.evaluate import Evaluation, evaluate_topics
from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.cli.console import Console
from nmf_topics.cli.option_groups import GroupedCommand
from nmf_topics.cli.recorded import recorded_source
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.page import Fingerprint, Page
from nmf_topics.errors import CorpusError
from nmf_topics.files.json_files import json_text
from nmf_topics.model.files import load_model, resolve_model
from nmf_topics.model.model import TopicModel
from nmf_topics.model.run_record import read_run
from nmf_topics.pipeline.prepare import Source, open_source
from nmf_topics.terms.count import PageLike
from nmf_topics.views.tables.tables import json_number
from nmf_topics.views.tables.terminal import decimals, print_table

# measure -> its name in the table of all, and of how many of its decimals are shown
NAMES = {
    "coherence": "coherence: NPMI by page",
    "coverage": "coverage: pages of a topic that have a word",
    "lift": "lift (log2): that share against all pages",
    "c_npmi": "coherence: C_NPMI, windows of 10 words",
    "c_v": "coherence: C_V, windows of 110 words",
    "umass": "coherence: UMass, by page",
    "diversity": "diversity of the first 25 words",
    "exclusivity": "exclusivity of the first words",
    "sparseness": "sparseness of W (Hoyer)",
    "stability": "stability over runs",
    "nmi": "agreement with labels: NMI",
    "purity": "agreement with labels: purity",
}
SHORT = {
    "coherence": "NPMI",
    "coverage": "coverage",
    "lift": "lift",
    "c_npmi": "C_NPMI",
    "c_v": "C_V",
    "umass": "UMass",
    "exclusivity": "exclusive",
    "sparseness": "sparse",
    "stability": "stable",
    "purity": "purity",
}


@click.command(cls=GroupedCommand)
@o.model_argument
@click.option("--source", help="Texts in which to count words that occur together.  [default: the corpus of the fit]")
@o.top_words_option
@o.corpus_options
@o.printing_options
def evaluate(model: Path, source: str | None, top: int, corpus: o.CorpusOptions, printing: PrintingOptions) -> None:
    """Measure the quality of topics.

    Coherence (do the words of a topic occur together?), coverage and lift (are they on its pages, and more often than
    on others?), diversity and exclusivity (do topics differ?), sparseness, stability (with fit --runs), and the
    agreement with labels where pages have them. MODEL is a model folder; if omitted, the last one that was fitted.

    \b
    Example:
      nmf-topics evaluate
    """
    talk = printing.console()
    fitted = load_model(model)
    run = read_run(resolve_model(model), talk.warn)
    result, texts = None, None if source is None else corpus.source(source)
    if source is None and fitted.kind.reads_texts:
        texts = recorded_source(run)
        if texts is None:
            talk.note("the corpus of the fit is not here: no C_NPMI, C_V and UMass; name texts with --source")
    if texts is not None:
        result = _with_texts(fitted, texts, top, talk, own=source is None)
    read = texts.path if texts and result else None
    result = result or evaluate_topics(fitted, top=top)
    if printing.as_json:
        click.echo(json_text(_document(result, model, read)))
    else:
        _print(result, fitted.kind.has_names)


def _with_texts(model: TopicModel, source: Source, top: int, talk: Console, *, own: bool) -> Evaluation | None:
    """Measures with the texts of a source; None if they are to be the model's own and cannot be had any more."""
    fingerprint = Fingerprint()
    try:
        corpus = open_source(source, warn=talk.warn)
        talk.note(f"reading {corpus.source}")
        with talk.progress("read", len(model.columns) if own else None) as progress:

            def on_page(page: PageLike) -> None:
                fingerprint.add(Page(page.id, page.title, page.text, page.meta))
                progress.step()

            result = evaluate_topics(model, corpus, top=top, on_page=on_page)
    except CorpusError as error:
        if not own:
            raise
        talk.warn(f"the corpus of the fit cannot be read any more ({worded(error)}); name texts with --source")
        return None
    if own and fingerprint.hexdigest() != model.recipe.get("corpus", {}).get("fingerprint"):
        talk.warn(f"{corpus.source} has changed since the fit; C_NPMI, C_V and UMass are of the texts as they are now")
    return result


def _document(result: Evaluation, model: Path, source: str | None) -> dict[str, object]:
    def plain(values: Mapping[str, object]) -> dict[str, object]:
        return {name: json_number(v) if isinstance(v, float) else v for name, v in values.items()}

    return {
        "schema": 1,
        "model": str(model),
        "source": source,
        "top": result.top,
        "overall": plain(result.overall),
        "labelled_pages": result.labelled,
        "topics": [plain(asdict(scores)) for scores in result.topics],
    }


def _print(result: Evaluation, text: bool) -> None:
    """A table of topics with the measures that are known, then those of the whole."""
    shown = [name for name in SHORT if any(getattr(t, name) == getattr(t, name) for t in result.topics)]
    labelled = any(t.commonest for t in result.topics)
    headers = ["topic", *(["label"] if text else []), "pages", *(SHORT[name] for name in shown)]
    rows = [
        [
            str(t.topic),
            *([t.label[:40]] if text else []),
            str(t.pages),
            *(decimals(getattr(t, name), 2) for name in shown),
            *([t.commonest] if labelled else []),
        ]
        for t in result.topics
    ]
    numbers = [i for i in range(len(headers)) if not (text and i == 1)]
    print_table([*headers, *(["most have"] if labelled else [])], rows, right=numbers)
    click.echo()
    known = [(NAMES[name], value) for name, value in result.overall.items() if value == value]
    print_table(["measure", "all topics"], [[name, decimals(value, 3)] for name, value in known], right=(1,))
