"""Groups of options, declared once and stacked on the commands that share them.

Options that a recipe also sets are None where they are not given; `recipe_of` puts those that are given on top of the
recipe. Choices come from the registries of the library, so that help cannot drift from what there is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from nmf_topics.cli.common import AliasedOption, Bytes, Encoding, Markup, ReadLimit, Text, stack
from nmf_topics.cli.common import Finite as Finite
from nmf_topics.cli.common import json_option as json_option
from nmf_topics.cli.common import talk_of as talk_of
from nmf_topics.cli.common import talk_options as talk_options
from nmf_topics.cli.defaults import default_of
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.open import declared_language
from nmf_topics.corpus.readers.limits import READ_LIMITS
from nmf_topics.errors import GuideError
from nmf_topics.factor.engines.checkpoints import Checkpointing
from nmf_topics.factor.engines.choice import ENGINES, EngineOptions
from nmf_topics.factor.init import INITIALIZATIONS
from nmf_topics.factor.objectives import OBJECTIVES
from nmf_topics.factor.rules import RULES
from nmf_topics.files.cache.cache import Cache
from nmf_topics.files.cache.settings import user_cache
from nmf_topics.files.system import processors
from nmf_topics.matrix.weighting import WEIGHTINGS
from nmf_topics.model.description import TOPIC_WORDS
from nmf_topics.model.refine import REFINEMENTS
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import RECIPES, Recipe
from nmf_topics.text.language_notes import language_code, problem_of_language
from nmf_topics.text.normalize import NORMALIZATIONS, STEMMERS

LATEST = Path("models/latest")


def _recipe_option(*names: str, help: str, **settings: Any) -> Callable[[Any], Any]:
    """An option that a recipe sets too; help shows the value of the recipe."""
    field = names[0].partition("/")[0].removeprefix("--").replace("-", "_")
    return click.option(*names, default=None, help=f"{help}  [default: {default_of(field)}]", **settings)


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

corpus_options = stack(
    click.option("--text-column", type=Text(), help="Column of a table with the text.  [default: guessed]"),
    click.option("--title-column", type=Text(), help="Column with the titles.  [default: guessed]"),
    click.option("--id-column", type=Text(), help="Column with the ids.  [default: guessed]"),
    click.option("--date-column", type=Text(), help="Column with the dates.  [default: guessed]"),
    click.option("--label-column", type=Text(), help="Column with known subjects.  [default: guessed]"),
    click.option(
        "--encoding",
        type=Encoding(),
        help="Encoding of text files and tables without a byte order mark.  [default: utf-8, else guessed]",
    ),
    click.option("--lines/--no-lines", default=False, help="Read every line of a text file as a page of its own."),
    click.option(
        "--titles-as-text/--no-titles-as-text",
        default=False,
        help="Count the words of titles as part of the text.  [default: titles are only shown]",
    ),
    click.option(
        "--drop-duplicates/--keep-duplicates",
        default=False,
        help="Leave out pages that repeat another one, or nearly so.  [default: they are only pointed out]",
    ),
    click.option(
        "--markup",
        type=Markup(),
        metavar="auto|remove|keep",
        help="Remove HTML, formulas and URLs from tables, or kinds of these: tags,entities,formulas,urls,emails.  "
        "[default: auto, where a column is written in markup]",
    ),
    click.option(
        "--read-limit",
        multiple=True,
        type=ReadLimit(),
        metavar="NAME=VALUE",
        help=f"Raise a limit of what is read: {', '.join(READ_LIMITS)}.",
    ),
    click.option(
        "--cache/--no-cache",
        default=True,
        show_default=True,
        help="Keep counts and more for the next fit (see nmf-topics cache).",
    ),
)

matrix_options = stack(
    click.option(
        "--recipe",
        type=click.Choice(list(RECIPES)),
        default="default",
        show_default=True,
        help="Set of options; 'article' follows the AMS column to the letter.",
    ),
    click.option(
        "--language",
        help="Language of the text (en, de, zh ...), or auto.  [default: that of the fetched wiki, else en]",
    ),
    _recipe_option(
        "--normalize",
        type=click.Choice(NORMALIZATIONS),
        help="How words are normalized, so that run, ran and runs are one term.",
    ),
    _recipe_option("--stemmer", type=click.Choice(STEMMERS), help="Stemmer, with stems as normal forms."),
    click.option("--stop", multiple=True, metavar="WORDS|FILE", help="Further stop words: a,b,c or a file of them."),
    _recipe_option("--default-stops/--no-default-stops", help="Drop the stop words of the language."),
    click.option(
        "--keep", multiple=True, metavar="WORDS|FILE", help="Never drop these words: a,b,c or a file of them."
    ),
    _recipe_option(
        "--phrases/--no-phrases",
        help="Count words that often occur together as one term: New York, prime minister.",
    ),
    _recipe_option(
        "--boilerplate/--no-boilerplate",
        help="Remove addresses, markup, e-mail headers, and lines that many pages share.",
    ),
    _recipe_option("--numbers/--no-numbers", help="Count numbers as words: 1984, 747."),
    _recipe_option("--accents/--no-accents", help="Treat Beyoncé and Beyonce as two words."),
    click.option(
        "--chunk",
        type=click.IntRange(min=1),
        metavar="WORDS",
        help="Fit the topics on chunks of this many words (500), and aggregate them to pages.",
    ),
    _recipe_option(
        "--min-pages",
        type=limit,
        metavar="NUMBER",
        help="Drop words on fewer pages than this number (5) or share (0.01).",
    ),
    _recipe_option(
        "--max-pages",
        type=limit,
        metavar="NUMBER",
        help="Drop words on more pages than this number (500) or share (0.5).",
    ),
    _recipe_option(
        "--corpus-stops/--no-corpus-stops",
        help="Drop frequent words that are spread evenly across pages.",
    ),
    _recipe_option(
        "--max-terms", type=click.IntRange(min=1), help="Keep only this many words, the most frequent ones."
    ),
    _recipe_option("--weighting", type=click.Choice(list(WEIGHTINGS)), help="How counts become the entries of V."),
    _recipe_option(
        "--idf-power",
        type=Finite(min=0),
        help="Power of the inverse document frequency; above 1, rare words weigh more.",
    ),
    _recipe_option("--unit/--no-unit", help="Scale each page to length one."),
    click.option(
        "--processes",
        type=click.IntRange(min=1, max=256),
        help="Number of processes that count words.  [default: one per processor]",
    ),
)

rank_option = click.option(
    "--rank",
    "-r",
    cls=AliasedOption,
    aliases=["-k", "--topics", "--num-topics"],
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Number of topics; also -k, --topics and --num-topics.",
)
seed_option = click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed for the initialization."
)

OBJECTIVE_HELP = "Loss to minimise: " + "; ".join(f"{name}, {goal.summary}" for name, goal in OBJECTIVES.items()) + "."

factor_options = stack(
    _recipe_option("--objective", type=click.Choice(list(OBJECTIVES)), help=OBJECTIVE_HELP),
    _recipe_option("--solver", type=click.Choice(list(RULES)), help="Update rule."),
    _recipe_option("--start", type=click.Choice(list(INITIALIZATIONS)), help="Initialization of W and H."),
    _recipe_option(
        "--tolerance",
        type=Finite(min=0),
        help="Stop when the loss decreases by less than this relative amount per iteration.",
    ),
    _recipe_option("--max-iter", type=click.IntRange(min=1), help="Maximum number of iterations."),
    _recipe_option("--l1-words", type=Finite(min=0), help="Penalty on the sum of W: fewer words per topic."),
    _recipe_option("--l1-pages", type=Finite(min=0), help="Penalty on the sum of H: fewer topics per page."),
    _recipe_option("--l2-words", type=Finite(min=0), help="Penalty on the squares of W: more even words per topic."),
    _recipe_option("--l2-pages", type=Finite(min=0), help="Penalty on the squares of H: more even topics per page."),
)

refine_option = _recipe_option(
    "--refine",
    type=click.Choice(list(REFINEMENTS)),
    help="Refine topics with a mixture model, so that they separate pages better; auto: where that is possible.",
)

guide_option = click.option(
    "--guide",
    multiple=True,
    metavar="FILE|TOPIC",
    help="Topic to look for, as NAME: WORD, WORD, or a file with one such line per topic.",
)

topic_words_option = _recipe_option(
    "--topic-words",
    type=click.Choice(list(TOPIC_WORDS)),
    help="Words that describe a topic: typical of its pages, or of the largest weights in W.",
)

engine_options = stack(
    click.option(
        "--engine",
        type=click.Choice(list(ENGINES)),
        default="auto",
        show_default=True,
        help="Where V is kept: in memory, in blocks on disk, or on a Dask cluster.",
    ),
    click.option(
        "--memory", type=Bytes(), metavar="SIZE", help="Memory limit, such as 2GB.  [default: most of the free memory]"
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Address of a Dask scheduler, tcp://HOST:8786.  [default: a local cluster]",
    ),
)

checkpoint_option = click.option(
    "--checkpoint",
    type=Finite(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Save a checkpoint every N seconds (0: never); run the same command again to resume.",
)


def engine_of(options: dict[str, Any]) -> EngineOptions:
    """Where V is to live; what the options hold is taken out of `options`."""
    engine = EngineOptions(options.pop("engine"), options.pop("memory"), options.pop("scheduler"))
    if engine.scheduler and engine.engine not in ("auto", "dask"):
        raise click.UsageError(f"--scheduler is for --engine dask, not {engine.engine}")
    return engine


def checkpoints_of(options: dict[str, Any], cache: Cache | None, note: Callable[[str], None]) -> Checkpointing | None:
    """Where the state of long fits is kept, if it is."""
    every: float = options.pop("checkpoint")
    return Checkpointing(cache, every, note) if cache is not None and every else None


def source_of(path: str | None, options: dict[str, Any]) -> Source:
    """The source that the corpus options describe; what they hold is taken out of `options`."""
    names = ("text_column", "title_column", "id_column", "date_column", "label_column", "encoding", "lines")
    limits = dict(options.pop("read_limit"))
    named = {name: options.pop(name) for name in (*names, "titles_as_text", "drop_duplicates", "markup")}
    return Source(path, **named, read_limits=tuple(sorted(limits.items())))


def words_of(values: tuple[str, ...], option: str) -> tuple[str, ...]:
    """Words given as a,b,c or in files (words apart by white space or commas; # begins a comment)."""
    words: list[str] = []
    for value in values:
        if os.path.isfile(value):
            text = " ".join(line.partition("#")[0] for line in _text_of(value, option).splitlines())
        elif "/" in value or value.endswith(".txt"):
            raise click.BadParameter(f"there is no file {value}", param_hint=option)
        else:
            text = Text().convert(value, None, None)
        words += text.replace(",", " ").split()
    return tuple(sorted(set(words)))


def recipe_of(options: dict[str, Any], source: Source, *, like: Recipe | None = None) -> Recipe:
    """The recipe for a source with the given options on top; what they hold is taken out of `options`.

    `like` is a recipe that takes the place of the named one; its language is used whatever the source declares.
    """
    named = RECIPES[options.pop("recipe")]
    recipe = like or named
    given_language = options["language"]
    found = language_code(given_language) if given_language else None if like else declared_language(source.path)
    options["language"] = found

    def given(*names: str) -> dict[str, Any]:
        values = {name: options.pop(name, None) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    how = ("language", "normalize", "stemmer", "default_stops", "phrases", "chunk", "boilerplate", "numbers", "accents")
    words = replace(recipe.words, **given(*how))
    stop, keep = (words_of(options.pop(name, ()), f"--{name}") for name in ("stop", "keep"))
    words = replace(words, stop=stop or words.stop, keep=keep or words.keep)
    if given_language and (problem := problem_of_language(words.language, stops=words.default_stops)):
        raise click.BadParameter(worded(problem), param_hint="--language")
    bounds = replace(recipe.bounds, **given("min_pages", "max_pages", "max_terms", "corpus_stops"))
    rest = given("weighting", "unit", "idf_power", "objective", "solver", "start", "tolerance", "max_iter")
    rest |= given("l1_words", "l1_pages", "l2_words", "l2_pages", "refine", "topic_words")
    if rest.get("objective", recipe.objective) != recipe.objective:
        rest.setdefault("solver", named.solver)  # the solver of one objective is not that of another
    guide = guide_of(options.pop("guide", ())) or recipe.guide
    return replace(recipe, words=words, bounds=bounds, guide=guide, **rest)


def guide_of(values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The topics of --guide, given as NAME: WORDS or in files."""
    if not values:
        return {}
    from nmf_topics.model.guide import read_guide

    guide: dict[str, tuple[str, ...]] = {}
    for value in values:
        try:
            text, where = (_text_of(value, "--guide"), value) if os.path.isfile(value) else (value, "--guide")
            if where == "--guide" and ":" not in value:
                said = f"there is no file {value}, and it is not NAME: WORD, WORD"
                raise click.BadParameter(said, param_hint="--guide")
            found = read_guide(text, where)
        except GuideError as error:
            raise click.BadParameter(worded(error), param_hint="--guide") from error
        if twice := sorted(guide.keys() & found.keys()):
            raise click.BadParameter(f"there are two topics {twice[0]!r}", param_hint="--guide")
        guide |= found
    return guide


def _text_of(path: str, option: str) -> str:
    """The text of a file of words."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path} cannot be read as UTF-8 text: {error}", param_hint=option) from error


def processes_of(options: dict[str, Any]) -> int:
    """How many processes count words."""
    given: int | None = options.pop("processes")
    return given or processors()


def cache_of(options: dict[str, Any], warn: Callable[[str], None]) -> Cache | None:
    """The cache, if it may be used; what is wrong with it is reported by `warn`."""
    return user_cache(warn) if options.pop("cache") else None
