"""nmf-topics ranks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from nmf_topics.analysis.ranks import RankRow, singular_values, suggest, try_ranks
from nmf_topics.analysis.ranks_file import RANKS, UNFINISHED_RANKS, ranks_document, read_ranks
from nmf_topics.cli import options as o
from nmf_topics.cli.chosen_recipe import choose_recipe
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.cli.console import Console
from nmf_topics.cli.fit import read_data, text_of
from nmf_topics.cli.option_fields import option, option_group
from nmf_topics.cli.option_groups import GroupedCommand
from nmf_topics.factor.blocks import Array, as_blocks
from nmf_topics.factor.column_stats import page_sums
from nmf_topics.files.atomic import folder_of_files, whole_file
from nmf_topics.files.csv_files import write_csv
from nmf_topics.files.json_files import json_text
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.views.plots.figures import draw_ranks
from nmf_topics.views.tables.tables import json_number, number
from nmf_topics.views.tables.terminal import print_table

MARK = RANKS


@dataclass(frozen=True)
class RankRange:
    """Which ranks are tried."""

    first: int = option("--from", type=click.IntRange(min=1), default=2, show_default=True, help="Smallest rank.")
    last: int = option("--to", type=click.IntRange(min=1), default=30, show_default=True, help="Largest rank.")
    step: int = option(
        "--step", type=click.IntRange(min=1), default=2, show_default=True, help="From one rank to the next."
    )


@click.command(cls=GroupedCommand)
@o.source_argument
@option_group(RankRange, "wanted")
@o.output_option("Folder.  [default: models/CORPUS-ranks]")
@o.matrix_options
@o.factor_options
@o.seed_option
@o.engine_options
@o.corpus_options
@o.force_option
@o.printing_options
def ranks(
    source: str | None,
    wanted: RankRange,
    output: Path | None,
    matrix: o.MatrixOptions,
    factor: o.FactorOptions,
    seed: int,
    place: o.PlaceOptions,
    corpus: o.CorpusOptions,
    force: bool,
    printing: PrintingOptions,
) -> None:
    """Try several numbers of topics.

    Compute the singular values of V and, for each rank, the error, the coherence and the smallest topic. Writes
    ranks.csv and ranks.png. An interrupted run continues where it stopped.

    \b
    Example:
      nmf-topics ranks --from 4 --to 16
    """
    talk = printing.console()
    where = corpus.source(source)
    recipe = choose_recipe(where, matrix, factor)
    first, last = wanted.first, wanted.last
    if first > last:
        raise click.UsageError(f"--from {first} is larger than --to {last}")
    if recipe.objective != "frobenius":
        raise click.UsageError("ranks are compared by least squares; leave --objective frobenius")
    cache, processes, engine = o.cache_of(corpus.cache, talk.warn), matrix.process_count(), place.engine_options()
    data = read_data(where, recipe, cache, processes, talk, corpus=text_of(where, talk), engine=engine, rank=last)
    most = min(*data.V.shape, int((page_sums(as_blocks(data.V)) > 0).sum()))
    if last > most:
        talk.warn(f"V is {data.V.shape[0]} x {data.V.shape[1]}: ranks end at {most}")
    numbers = list(range(first, min(last, most) + 1, wanted.step)) or [most]
    folder = output or Path("models") / f"{data.recipe['corpus']['name']}-ranks"
    with folder_of_files(folder, mark=MARK, force=force):
        pass  # whether the folder may be written is asked before the work, not after it
    singular = singular_values(data, max(numbers))
    known, text = _rows(data, numbers, recipe, seed, singular, folder, talk)
    rows = [known[rank] for rank in numbers]
    low, high, reasons = suggest(rows, singular.tolist())
    stale = [UNFINISHED_RANKS]
    with folder_of_files(folder, mark=MARK, stale=lambda _: stale, force=force) as partial:
        (partial / RANKS).write_text(text, encoding="utf-8")
        _write_csv(rows, partial / "ranks.csv")
        draw_ranks(rows, singular, (low, high), partial / "ranks.png")
    talk.note(f"curves in {folder / 'ranks.png'}, table in {folder / 'ranks.csv'}")
    if printing.as_json:
        document = {
            "schema": 1,
            "singular_values": [json_number(float(s)) for s in singular],
            "ranks": [
                {name: json_number(value) if isinstance(value, float) else value for name, value in asdict(row).items()}
                for row in rows
            ],
            "suggested": {"from": low, "to": high, "reasons": reasons},
        }
        click.echo(json_text(document))
        return
    print_table(
        [
            "rank",
            "singular value",
            "error",
            "SVD error",
            "fit",
            "coherence",
            "diversity",
            "smallest topic",
            "iterations",
        ],
        [
            [
                str(row.rank),
                f"{row.singular_value:.4g}",
                f"{row.error:.4f}",
                f"{row.svd_error:.4f}",
                f"{row.fit:.1%}",
                f"{row.coherence:.3f}",
                f"{row.diversity:.2f}",
                f"{row.smallest:.1%}",
                str(row.iterations),
            ]
            for row in rows
        ],
        right=tuple(range(9)),
    )
    span = f"{low} to {high}" if low != high else str(low)
    click.echo(f"\nworth a look: rank {span} ({'; '.join(reasons)})")


def _rows(
    data: DataMatrix, wanted: Sequence[int], recipe: Recipe, seed: int, singular: Array, folder: Path, talk: Console
) -> tuple[dict[int, RankRow], str]:
    """The rows by rank, and the text of ranks.json.

    Rows of earlier runs are taken over; each new one is stored at once, so that an interrupted run can be resumed.
    """
    identity = {"columns": data.V.shape[1], "data": data.recipe, "recipe": asdict(recipe), "seed": seed}
    key = hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()
    done = read_ranks(folder, key)
    missing = [rank for rank in wanted if rank not in done]
    if len(missing) < len(wanted):
        talk.note(f"{len(wanted) - len(missing)} of {len(wanted)} ranks are known from an earlier run")
    if missing:
        with talk.progress("rank", len(missing)) as progress:
            for row in try_ranks(data, missing, recipe, seed=seed, singular=singular):
                done[row.rank] = row
                progress.step(f"(rank {row.rank}: error {row.error:.4f})")
                with whole_file(folder / UNFINISHED_RANKS) as partial:
                    partial.write_text(ranks_document(key, data.recipe, singular.tolist(), done), encoding="utf-8")
    return done, ranks_document(key, data.recipe, singular.tolist(), done)


def _write_csv(rows: Sequence[RankRow], path: Path) -> None:
    cells = ([number(v) if isinstance(v, float) else str(v) for v in asdict(row).values()] for row in rows)
    write_csv([list(asdict(rows[0])), *cells], path)
