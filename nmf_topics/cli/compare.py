"""nmf-topics compare."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from nmf_topics.analysis.method_comparison import FIGURES, compare_factorizations
from nmf_topics.cli import options as o
from nmf_topics.cli.chosen_recipe import choose_recipe
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.cli.fit import read_data, text_of, typical_page
from nmf_topics.cli.option_groups import GroupedCommand
from nmf_topics.files.atomic import folder_of_files
from nmf_topics.files.csv_files import write_csv
from nmf_topics.files.json_files import json_text
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.chunked_pages import parts_of_columns
from nmf_topics.views.plots.figures import draw_comparison
from nmf_topics.views.tables.tables import json_number, number
from nmf_topics.views.tables.terminal import decimals, print_table

MARK = "compare.json"


@click.command(cls=GroupedCommand)
@o.source_argument
@o.rank_option
@o.output_option("Folder.  [default: models/CORPUS-compare-rRANK]")
@o.matrix_options
@o.factor_options
@o.seed_option
@o.corpus_options
@o.force_option
@o.printing_options
def compare(
    source: str | None,
    rank: int,
    output: Path | None,
    matrix: o.MatrixOptions,
    factor: o.FactorOptions,
    seed: int,
    corpus: o.CorpusOptions,
    force: bool,
    printing: PrintingOptions,
) -> None:
    """Compare NMF with vector quantization and PCA.

    All three methods approximate V by W times H. Vector quantization uses one column of W for each page (a prototype),
    PCA allows negative entries, and NMF adds up parts. Writes compare.csv and pictures.

    \b
    Example:
      nmf-topics compare --rank 10
    """
    talk = printing.console()
    where = corpus.source(source)
    recipe = choose_recipe(where, matrix, factor)
    if recipe.objective != "frobenius":
        raise click.UsageError("the three are compared by least squares; leave --objective frobenius")
    cache, processes = o.cache_of(corpus.cache, talk.warn), matrix.process_count()
    data = read_data(where, recipe, cache, processes, talk, corpus=text_of(where, talk))
    with talk.progress("iteration", at_most=recipe.max_iter) as progress:
        model = fit_topics(
            data,
            rank,
            seed=seed,
            **{**recipe.factors(), "refine": "none"},  # the factorization as it is, as the other two are
            on_iteration=lambda it: progress.step(f"error {it.error:.5f}"),
        )
    results = compare_factorizations(data, model, seed=seed)
    folder = output or Path("models") / f"{data.recipe['corpus']['name']}-compare-r{rank}"
    table = {result.method: {name: json_number(getattr(result, name)) for name in FIGURES} for result in results}
    document = {"schema": 1, "rank": model.rank, "shape": list(data.V.shape), "methods": table}
    with folder_of_files(folder, mark=MARK, force=force) as partial:
        rows = [
            ["figure", *table],
            *([name, *(number(getattr(r, name)) for r in results)] for name in FIGURES),
        ]
        write_csv(rows, partial / "compare.csv")
        draw_comparison(data, results, _typical_column(data, model), partial)
        (partial / MARK).write_text(json_text(document) + "\n", encoding="utf-8")
    talk.note(f"pictures and compare.csv in {folder}")
    if printing.as_json:
        click.echo(json_text(document))
        return
    print_table(
        ["", *table],
        [[name.replace("_", " "), *(decimals(getattr(r, name), 4) for r in results)] for name in FIGURES],
        right=(1, 2, 3),
    )


def _typical_column(data: DataMatrix, model: TopicModel) -> int:
    """The column of the page that is explained middlingly well: its own, or that of its first piece."""
    page = typical_page(model)
    if len(model.columns) == len(data.columns):
        return page
    return int(np.flatnonzero(parts_of_columns(data.columns)[0].page == page)[0])
