"""Groups of options that several commands share, each declared once as a frozen dataclass.

Options that a recipe also sets are None where they are not given; `chosen_recipe` puts those that are given on top of
the recipe. Choices come from the registries of the library, so that help cannot drift from what there is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from nmf_topics.cli.common import Bytes, Encoding, Finite, Markup, RankOption, ReadLimit, Text
from nmf_topics.cli.common import force_option as force_option
from nmf_topics.cli.common import output_option as output_option
from nmf_topics.cli.common import printing_options as printing_options
from nmf_topics.cli.defaults import default_of
from nmf_topics.cli.option_fields import option, option_group, same_option
from nmf_topics.corpus.readers.limits import READ_LIMITS
from nmf_topics.factor.engines.choice import ENGINES, EngineOptions
from nmf_topics.factor.init import INITIALIZATIONS
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.rules import RULES
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.settings import user_cache
from nmf_topics.files.system import processors
from nmf_topics.matrix.weighting import WEIGHTINGS
from nmf_topics.model.description import TOPIC_WORDS, TopicWords
from nmf_topics.model.refine import REFINEMENTS
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import RECIPES
from nmf_topics.text.normalize import NORMALIZATIONS, STEMMERS, Normalization, Stemmer

LATEST = Path("models/latest")


# An option that a recipe sets too: None unless it is given; help shows the value of the recipe.
_recipe_option = partial(option, default=None, shown_default=default_of)


def limit(value: str) -> float:
    """A number of pages, or a share of them: 5, 0.5; above 1 it must be whole."""
    try:
        number = float(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a number") from error
    if not 0 <= number < float("inf") or (number > 1 and number != int(number)):
        raise click.BadParameter(f"{value!r} is neither a number of pages (5) nor a share of them (0.5)")
    return number


model_argument = click.argument("model", type=click.Path(path_type=Path), default=LATEST)

source_argument = click.argument("source", required=False)

cache_option = click.option(
    "--cache/--no-cache",
    default=True,
    show_default=True,
    help="Keep counts and more for the next fit (see nmf-topics cache).",
)


def cache_of(allowed: bool, warn: Callable[[str], None]) -> Cache | None:
    """Return the cache, or None with --no-cache; problems of the folder are reported to `warn`."""
    return user_cache(warn) if allowed else None


@dataclass(frozen=True)
class CorpusOptions:
    """How pages are read from their source."""

    text_column: str | None = option(
        "--text-column", type=Text(), help="Column of a table with the text.  [default: guessed]"
    )
    title_column: str | None = option("--title-column", type=Text(), help="Column with the titles.  [default: guessed]")
    id_column: str | None = option("--id-column", type=Text(), help="Column with the ids.  [default: guessed]")
    date_column: str | None = option("--date-column", type=Text(), help="Column with the dates.  [default: guessed]")
    label_column: str | None = option(
        "--label-column", type=Text(), help="Column with known subjects.  [default: guessed]"
    )
    encoding: str | None = option(
        "--encoding",
        type=Encoding(),
        help="Encoding of text files and tables without a byte order mark.  [default: utf-8, else guessed]",
    )
    lines: bool = option(
        "--lines/--no-lines", default=False, help="Read every line of a text file as a page of its own."
    )
    titles_as_text: bool = option(
        "--titles-as-text/--no-titles-as-text",
        default=False,
        help="Count the words of titles as part of the text.  [default: titles are only shown]",
    )
    drop_duplicates: bool = option(
        "--drop-duplicates/--keep-duplicates",
        default=False,
        help="Leave out pages that repeat another one, or nearly so.  [default: they are only pointed out]",
    )
    markup: str | None = option(
        "--markup",
        type=Markup(),
        metavar="auto|remove|keep",
        help="Remove HTML, formulas and URLs from tables, or kinds of these: tags,entities,formulas,urls,emails.  "
        "[default: auto, where a column is written in markup]",
    )
    read_limit: tuple[tuple[str, int], ...] = option(
        "--read-limit",
        multiple=True,
        type=ReadLimit(),
        metavar="NAME=VALUE",
        help=f"Raise a limit of what is read: {', '.join(READ_LIMITS)}.",
    )
    cache: bool = same_option(cache_option)

    def source(self, path: str | None) -> Source:
        """Return a source that is read with these options."""
        return Source(
            path,
            text_column=self.text_column,
            title_column=self.title_column,
            id_column=self.id_column,
            date_column=self.date_column,
            label_column=self.label_column,
            encoding=self.encoding,
            lines=self.lines,
            titles_as_text=self.titles_as_text,
            drop_duplicates=self.drop_duplicates,
            markup=self.markup,
            read_limits=tuple(sorted(dict(self.read_limit).items())),
        )


corpus_options = option_group(CorpusOptions, "corpus")


@dataclass(frozen=True)
class MatrixOptions:
    """How texts become V."""

    recipe: str = option(
        "--recipe",
        type=click.Choice(list(RECIPES)),
        default="default",
        show_default=True,
        help="Set of options; 'article' follows the AMS column to the letter.",
    )
    language: str | None = option(
        "--language",
        help="Language of the text (en, de, zh ...), or auto.  [default: that of the fetched wiki, else en]",
    )
    normalize: Normalization | None = _recipe_option(
        "--normalize",
        type=click.Choice(NORMALIZATIONS),
        help="How words are normalized, so that run, ran and runs are one term.",
    )
    stemmer: Stemmer | None = _recipe_option(
        "--stemmer", type=click.Choice(STEMMERS), help="Stemmer, with stems as normal forms."
    )
    stop: tuple[str, ...] = option(
        "--stop", multiple=True, metavar="WORDS|FILE", help="Further stop words: a,b,c or a file of them."
    )
    default_stops: bool | None = _recipe_option(
        "--default-stops/--no-default-stops", help="Drop the stop words of the language."
    )
    keep: tuple[str, ...] = option(
        "--keep", multiple=True, metavar="WORDS|FILE", help="Never drop these words: a,b,c or a file of them."
    )
    phrases: bool | None = _recipe_option(
        "--phrases/--no-phrases",
        help="Count words that often occur together as one term: New York, prime minister.",
    )
    boilerplate: bool | None = _recipe_option(
        "--boilerplate/--no-boilerplate",
        help="Remove addresses, markup, e-mail headers, and lines that many pages share.",
    )
    numbers: bool | None = _recipe_option("--numbers/--no-numbers", help="Count numbers as words: 1984, 747.")
    accents: bool | None = _recipe_option("--accents/--no-accents", help="Treat Beyoncé and Beyonce as two words.")
    chunk: int | None = option(
        "--chunk",
        type=click.IntRange(min=1),
        metavar="WORDS",
        help="Fit the topics on chunks of this many words (500), and aggregate them to pages.",
    )
    min_pages: float | None = _recipe_option(
        "--min-pages",
        type=limit,
        metavar="NUMBER",
        help="Drop words on fewer pages than this number (5) or share (0.01).",
    )
    max_pages: float | None = _recipe_option(
        "--max-pages",
        type=limit,
        metavar="NUMBER",
        help="Drop words on more pages than this number (500) or share (0.5).",
    )
    corpus_stops: bool | None = _recipe_option(
        "--corpus-stops/--no-corpus-stops",
        help="Drop frequent words that are spread evenly across pages.",
    )
    max_terms: int | None = _recipe_option(
        "--max-terms", type=click.IntRange(min=1), help="Keep only this many words, the most frequent ones."
    )
    weighting: str | None = _recipe_option(
        "--weighting", type=click.Choice(list(WEIGHTINGS)), help="How counts become the entries of V."
    )
    idf_power: float | None = _recipe_option(
        "--idf-power",
        type=Finite(min=0),
        help="Power of the inverse document frequency; above 1, rare words weigh more.",
    )
    unit: bool | None = _recipe_option("--unit/--no-unit", help="Scale each page to length one.")
    processes: int | None = option(
        "--processes",
        type=click.IntRange(min=1, max=256),
        help="Number of processes that count words.  [default: one per processor]",
    )

    def process_count(self) -> int:
        """Return the number of processes that count words."""
        return self.processes or processors()


matrix_options = option_group(MatrixOptions, "matrix")

rank_option = click.option(
    "--rank",
    "-r",
    cls=RankOption,
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Number of topics; also -k, --topics and --num-topics.",
)
seed_option = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed for the initialization."
)

OBJECTIVE_HELP = "Loss to minimise: " + "; ".join(f"{name}, {goal.summary}" for name, goal in OBJECTIVES.items()) + "."


@dataclass(frozen=True)
class FactorOptions:
    """How V is factored."""

    objective: str | None = _recipe_option("--objective", type=click.Choice(list(OBJECTIVES)), help=OBJECTIVE_HELP)
    solver: str | None = _recipe_option("--solver", type=click.Choice(list(RULES)), help="Update rule.")
    start: str | None = _recipe_option(
        "--start", type=click.Choice(list(INITIALIZATIONS)), help="Initialization of W and H."
    )
    tolerance: float | None = _recipe_option(
        "--tolerance",
        type=Finite(min=0),
        help="Stop when the loss decreases by less than this relative amount per iteration.",
    )
    max_iter: int | None = _recipe_option(
        "--max-iter", type=click.IntRange(min=1), help="Maximum number of iterations."
    )
    l1_words: float | None = _recipe_option(
        "--l1-words", type=Finite(min=0), help="Penalty on the sum of W: fewer words per topic."
    )
    l1_pages: float | None = _recipe_option(
        "--l1-pages", type=Finite(min=0), help="Penalty on the sum of H: fewer topics per page."
    )
    l2_words: float | None = _recipe_option(
        "--l2-words", type=Finite(min=0), help="Penalty on the squares of W: more even words per topic."
    )
    l2_pages: float | None = _recipe_option(
        "--l2-pages", type=Finite(min=0), help="Penalty on the squares of H: more even topics per page."
    )


factor_options = option_group(FactorOptions, "factor")


@dataclass(frozen=True)
class TopicOptions:
    """How topics are guided, refined and described."""

    guide: tuple[str, ...] = option(
        "--guide",
        multiple=True,
        metavar="FILE|TOPIC",
        help="Topic to look for, as NAME: WORD, WORD, or a file with one such line per topic.",
    )
    refine: str | None = _recipe_option(
        "--refine",
        type=click.Choice(list(REFINEMENTS)),
        help="Refine topics with a mixture model, so that they separate pages better; auto: where that is possible.",
    )
    topic_words: TopicWords | None = _recipe_option(
        "--topic-words",
        type=click.Choice(list(TOPIC_WORDS)),
        help="Words that describe a topic: typical of its pages, or of the largest weights in W.",
    )


topic_options = option_group(TopicOptions, "topics")


@dataclass(frozen=True)
class PlaceOptions:
    """Where V is kept during the fit."""

    engine: str = option(
        "--engine",
        type=click.Choice(list(ENGINES)),
        default="auto",
        show_default=True,
        help="Where V is kept: in memory, in blocks on disk, or on a Dask cluster.",
    )
    memory: int | None = option(
        "--memory", type=Bytes(), metavar="SIZE", help="Memory limit, such as 2GB.  [default: most of the free memory]"
    )
    scheduler: str | None = option(
        "--scheduler",
        metavar="ADDRESS",
        help="Address of a Dask scheduler, tcp://HOST:8786.  [default: a local cluster]",
    )

    def engine_options(self) -> EngineOptions:
        """Return the options of the engine; raise UsageError if they contradict each other."""
        if self.scheduler and self.engine not in ("auto", "dask"):
            raise click.UsageError(f"--scheduler is for --engine dask, not {self.engine}")
        return EngineOptions(self.engine, self.memory, self.scheduler)


engine_options = option_group(PlaceOptions, "place")

top_words_option = click.option(
    "--top", "-n", type=click.IntRange(min=1), default=10, show_default=True, help="Words per topic."
)
