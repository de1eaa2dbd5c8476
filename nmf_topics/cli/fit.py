"""nmf-topics fit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from nmf_topics.cli import options as o
from nmf_topics.cli.carried import with_earlier_names
from nmf_topics.cli.chosen_recipe import choose_recipe
from nmf_topics.cli.common import Finite, PrintingOptions
from nmf_topics.cli.console import Console
from nmf_topics.cli.option_groups import GroupedCommand
from nmf_topics.cli.record import Record, versions
from nmf_topics.cli.topic_notes import tell_of_flags
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.page import Corpus
from nmf_topics.errors import NmfTopicsError
from nmf_topics.factor import kernels
from nmf_topics.factor.blocks import as_blocks
from nmf_topics.factor.column_stats import column
from nmf_topics.factor.engines.checkpoints import Checkpointing
from nmf_topics.factor.engines.choice import EngineOptions
from nmf_topics.files.atomic import folder_of_files
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.json_files import json_text
from nmf_topics.matrix.datamatrix import DataMatrix
from nmf_topics.model.files import MARK, point_latest
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.model import TopicModel
from nmf_topics.model.page_topics import FEW_WORDS
from nmf_topics.pipeline.prepare import Source, counts_key, is_image_folder, open_source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.pipeline.storage import describe_place
from nmf_topics.terms.words_table import spread_as_by_chance
from nmf_topics.text.analyzer import word_options
from nmf_topics.views.model_folder import derived_files, write_model_folder
from nmf_topics.views.tables.tables import model_json
from nmf_topics.views.tables.terminal import print_topics

EVEN_WORDS = 15  # that are named

if TYPE_CHECKING:
    from nmf_topics.cli.recorded import RecordedRun
    from nmf_topics.views.report.page_texts import TextCache


@click.command(cls=GroupedCommand)
@o.source_argument
@o.rank_option
@o.output_option("Model folder.  [default: models/CORPUS-rRANK]")
@click.option(
    "--like",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Use the options of an earlier run: its run.json or model folder; options on the command line win.",
)
@o.matrix_options
@o.factor_options
@o.topic_options
@o.seed_option
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of fits, of which the best is kept; more than 1 measures the stability of topics.",
)
@o.engine_options
@click.option(
    "--checkpoint",
    type=Finite(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Save a checkpoint every N seconds (0: never); run the same command again to resume.",
)
@o.corpus_options
@click.option(
    "--clouds/--no-clouds",
    default=True,
    show_default=True,
    help="Draw word clouds or basis images.",
)
@click.option("--report/--no-report", default=True, show_default=True, help="Write report.html.")
@click.option(
    "--names/--no-names",
    default=True,
    show_default=True,
    help="Keep names and hidden words of the model that is replaced, for topics that match.",
)
@click.option("--require-convergence", is_flag=True, help="Exit with status 3 if the fit did not converge.")
@o.force_option
@o.printing_options
def fit(
    source: str | None,
    rank: int,
    output: Path | None,
    like: Path | None,
    matrix: o.MatrixOptions,
    factor: o.FactorOptions,
    topics: o.TopicOptions,
    seed: int,
    runs: int,
    place: o.PlaceOptions,
    checkpoint: float,
    corpus: o.CorpusOptions,
    clouds: bool,
    report: bool,
    names: bool,
    require_convergence: bool,
    force: bool,
    printing: PrintingOptions,
) -> None:
    """Fit topics to a corpus.

    SOURCE is a fetched corpus, a folder of texts or documents, a table (.jsonl, .csv, .tsv, .parquet), a MediaWiki
    dump, a folder of images, or - for JSONL on standard input; files may be compressed. If omitted, the newest corpus
    in ./corpora is used, else the sample that is part of the program. The model folder gets tables, word clouds and
    report.html, which shows everything.

    \b
    Example:
      nmf-topics fit my-texts/ --rank 12 -o models/mine
    """
    talk = printing.console()
    where = corpus.source(source)
    earlier = _earlier_run(like)
    if earlier and earlier.changed:
        talk.warn(f"{earlier.path} was changed after it was written; its options are taken as they are now")
    recipe = choose_recipe(where, matrix, factor, topics, like=earlier.recipe if earlier else None)
    if earlier:
        rank = earlier.rank if _is_default("rank") else rank
        seed = earlier.seed if _is_default("seed") else seed
        runs = earlier.runs if _is_default("runs") else runs
    if len(recipe.guide) > rank:
        raise click.UsageError(f"--guide has {len(recipe.guide)} topics, --rank {rank}; raise --rank")
    cache = o.cache_of(corpus.cache, talk.warn)
    model, folder = run_fit(
        where,
        recipe,
        rank,
        seed=seed,
        runs=runs,
        output=output,
        cache=cache,
        processes=matrix.process_count(),
        engine=place.engine_options(),
        checkpoints=Checkpointing(cache, checkpoint, talk.note) if cache is not None and checkpoint else None,
        force=force,
        clouds=clouds,
        report=report,
        names=names,
        talk=talk,
    )
    if printing.as_json:
        click.echo(json_text(model_json(model, folder)))
    else:
        print_topics(model)
    if require_convergence and model.stopped == "max_iter":
        click.echo(f"not converged after {len(model.trace)} iterations; raise --max-iter", err=True)
        click.get_current_context().exit(3)


def _earlier_run(like: Path | None) -> RecordedRun | None:
    """Return the run of --like; its options are used where the command line has none."""
    if like is None:
        return None
    if not _is_default("recipe"):
        raise click.UsageError("--like and --recipe exclude each other")
    from nmf_topics.cli.recorded import read_recorded_run

    return read_recorded_run(like)


def _is_default(name: str) -> bool:
    """Whether an option of the command has its default, as nobody gave a value."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.DEFAULT


def text_of(source: Source, talk: Console) -> Corpus | None:
    """The corpus of a source, opened; None for a folder of images."""
    return None if is_image_folder(source.path) else open_source(source, warn=talk.warn)


def read_data(
    source: Source,
    recipe: Recipe,
    cache: Cache | None,
    processes: int,
    talk: Console,
    *,
    corpus: Corpus | None,
    engine: EngineOptions | None = None,
    rank: int = 10,
) -> DataMatrix:
    """V of a source, with progress; a cluster that it may live on is left when the command ends.

    `corpus` is what `text_of` made of the source.
    """
    with talk.progress("read", share=corpus.share if corpus else lambda: None) as progress:
        data = prepare(
            source,
            recipe,
            corpus=corpus,
            cache=cache,
            processes=processes,
            engine=engine,
            rank=rank,
            warn=talk.warn,
            note=talk.note,
            on_item=progress.step,
        )
    if close := getattr(data.V, "close", None):
        click.get_current_context().call_on_close(close)
    m, n = data.V.shape
    pages = f"pieces of {data.kind.pages}" if recipe.words.chunk and data.kind.reads_texts else data.kind.pages
    talk.note(f"V is {m} {data.kind.row_for_readers}s x {n} {pages}")
    if "tokens" in data.ledger:
        dropped = ", ".join(f"{count} {reason}" for reason, count in data.ledger["dropped"].items() if count)
        even = spread_as_by_chance(data.words, n)
        if even:
            asked = "left out" if recipe.bounds.corpus_stops else "--corpus-stops leaves them out"
            talk.detail(f"{len(even)} words are on many pages as by chance ({asked}): {', '.join(even[:EVEN_WORDS])}")
        talk.detail(f"{data.ledger['tokens']} words read, {data.ledger['kept']} kept, dropped: {dropped or 'none'}")
    return data


def run_fit(
    source: Source,
    recipe: Recipe,
    rank: int,
    *,
    seed: int,
    runs: int,
    output: Path | None,
    cache: Cache | None,
    processes: int,
    force: bool,
    talk: Console,
    clouds: bool = True,
    report: bool = True,
    names: bool = True,
    latest: bool = True,
    engine: EngineOptions | None = None,
    checkpoints: Checkpointing | None = None,
) -> tuple[TopicModel, Path]:
    """Read, fit and write; the model and its folder."""
    record = Record("fit", source)
    corpus = text_of(source, talk)
    text_cache = _text_cache(corpus, source, recipe, cache) if report else None
    with record.stage("read"):
        data = read_data(source, recipe, cache, processes, talk, corpus=corpus, engine=engine, rank=rank)
    record.engine = describe_place(data.V)
    folder = output or Path("models") / f"{data.recipe['corpus']['name']}-r{rank}"
    with folder_of_files(folder, mark=MARK, force=force):
        pass  # whether the folder may be written is asked before the work, not after it
    if recipe.guide:
        _tell_of_guide(data, recipe, talk)
    with record.stage("fit"), talk.progress("iteration", at_most=runs * recipe.max_iter) as progress:
        model = _fitter(runs)(
            data,
            rank,
            seed=seed,
            **recipe.factors(),
            on_iteration=lambda it: progress.step(f"error {it.error:.5f}"),
            on_pass=lambda it: progress.step(f"refining, {it.moved:.1%} of the pages still moving"),
            checkpoints=checkpoints,
        )
    report_fit(model, talk)
    talk.detail(f"kernels: {kernels.backend_name()}, threads: {kernels.thread_count()}")
    shown = typical_page(model) if data.kind.draws_images and clouds else None
    with record.stage("write"):
        if names:
            model, record.lost_names = with_earlier_names(model, folder, talk)
        extracts = _extracts(model, data, corpus, text_cache, talk) if report else None
        outdated = sorted({name.partition("/")[0] for name in derived_files(folder)})
        with talk.progress("picture", rank) as drawn:
            write_model_folder(
                model,
                folder,
                lambda: record.document(model),
                force=force,
                example=None if shown is None else (column(as_blocks(data.V), shown), shown),
                extracts=extracts,
                words=data.words,
                versions=versions(),
                source=record.source_document(),
                clouds=clouds,
                report=report,
                on_picture=drawn.step,
                warn=talk.warn,
            )
        try:
            if latest:
                point_latest(folder, o.LATEST)
        except OSError as error:
            talk.warn(f"{o.LATEST} could not be made to name {folder} ({error.strerror or error}); name it yourself")
    if checkpoints:
        checkpoints.clear()
    for stage in record.stages:
        talk.detail(f"{stage['stage']}: {stage['seconds']} s, peak memory {stage['peak_memory_mb']} MB")
    look = [
        name
        for name in ("report.html", "clouds/all.png", "reconstruction.png", "topics.csv", "pages.csv")
        if (folder / name).exists()
    ]
    if outdated:
        talk.note(f"removed what was made from the earlier model: {', '.join(outdated)} in {folder}")
    talk.note(f"model in {folder} (see {', '.join(look)})")
    return model, folder


def _tell_of_guide(data: DataMatrix, recipe: Recipe, talk: Console) -> None:
    """Which words of the guide are of no use."""
    from nmf_topics.model.guide import rows_of_guide

    if unknown := rows_of_guide(data, recipe.guide)[1]:
        talk.warn(f"words of the guide that are none of the corpus: {', '.join(unknown)}")


def _fitter(runs: int) -> Callable[..., TopicModel]:
    """`fit_topics`, or its best of several runs."""
    if runs == 1:
        return fit_topics
    from nmf_topics.analysis.stability import fit_runs

    return partial(fit_runs, runs=runs)


def _text_cache(corpus: Corpus | None, source: Source, recipe: Recipe, cache: Cache | None) -> TextCache | None:
    """Where the texts of a corpus are kept for the next fit, if they are."""
    if corpus is None or cache is None or (key := counts_key(corpus, source, recipe.words)) is None:
        return None
    from nmf_topics.views.report.page_texts import TextCache

    return TextCache(cache, key)


def _extracts(
    model: TopicModel, data: DataMatrix, corpus: Corpus | None, text_cache: TextCache | None, talk: Console
) -> bytes | None:
    """What the report shows of the pages themselves; a corpus that cannot be read once more costs that alone."""
    from nmf_topics.pipeline.chunked_pages import by_page
    from nmf_topics.views.report.extracts import image_extracts, text_extracts

    if corpus is None:
        return image_extracts(model, data)
    try:
        return text_extracts(
            model, by_page(data) if word_options(model.recipe).chunk else data, corpus, text_cache=text_cache
        )
    except (NmfTopicsError, OSError) as error:
        talk.warn(f"the report has no texts: {worded(error)}")
        return None


def report_fit(model: TopicModel, talk: Console) -> None:
    """How the fit ended, and what is wrong with it."""
    ended = {
        "converged": "converged",
        "certified": "at a minimum, by certificate",
        "exact": "the factorization is exact",
        "max_iter": "stopped by --max-iter before it converged",
    }[model.stopped]
    record = model.recipe.get("refinement")
    error = float(model.trace[-1]) if record else model.relative_error
    talk.note(f"{ended}: {len(model.trace)} iterations, {model.error_name} {error:.4f}")
    if record:
        talk.note(
            f"refined by a mixture model: {record['iterations']} iterations, {record['pages_moved']} of "
            f"{record['pages']} pages moved to another topic, {model.error_name} {model.relative_error:.4f}"
        )
    if dead := model.dead_topics:
        numbers = ", ".join(map(str, dead))
        talk.warn(
            f"no page has topic {numbers} as its main one: the corpus does not fill {model.rank} topics; "
            f"try a smaller --rank"
        )
    tell_of_flags(model, talk)
    if weak := len(model.weak_pages()):
        some = "1 page has" if weak == 1 else f"{weak} pages have"
        talk.note(
            f"{some} fewer than {FEW_WORDS} words of the vocabulary, which say little about a topic; "
            f"the status of such a page is weak"
        )


def typical_page(model: TopicModel) -> int:
    """The page or image that the model explains middlingly well."""
    known = np.flatnonzero(~np.isnan(model.errors))
    return int(known[np.argsort(model.errors[known], kind="stable")[len(known) // 2]])
