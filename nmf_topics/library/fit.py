"""`fit_topics`: fit a model to texts, tables, matrices or files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

from nmf_topics.analysis.stability import fit_runs
from nmf_topics.corpus.duplicates import without_duplicates
from nmf_topics.corpus.open import declared_language
from nmf_topics.corpus.page import Corpus
from nmf_topics.corpus.readers.cell_markup import AUTO
from nmf_topics.corpus.readers.columns import Columns
from nmf_topics.errors import InputTypeError, OptionError
from nmf_topics.factor.engines.checkpoints import Checkpointing
from nmf_topics.factor.factorize import Iteration
from nmf_topics.library.inputs import PageDetails, PagesInMemory, existing_path, is_matrix, pages_in_memory
from nmf_topics.library.matrices import PagesIn, data_matrix, is_numeric_frame
from nmf_topics.library.options import FACTOR_OPTIONS, RecipeOptions, recipe_with, word_list
from nmf_topics.library.progress import Progress, Reporter
from nmf_topics.matrix.datamatrix import DataMatrix, PageIndex
from nmf_topics.model.fit import fit_topics as fit_data_matrix
from nmf_topics.model.model import TopicModel
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import Recipe
from nmf_topics.text.functions import Lemmatizer, StopTest, Tokenizer

logger = logging.getLogger("nmf_topics")

PARAMETERS = (
    *("recipe", "text_column", "title_column", "id_column", "date_column", "label_column", "ids", "titles", "metadata"),
    *(
        "lines",
        "drop_duplicates",
        "markup",
        "terms",
        "pages_in",
        "tokenizer",
        "lemmatizer",
        "stop_words",
        "guide",
        "seed",
        "runs",
        "progress",
    ),
    *("on_iteration", "checkpoints"),
)
MATRIX_OPTIONS = (*FACTOR_OPTIONS, "weighting", "unit", "idf_power")


def fit_topics(
    data: Any,
    rank: int,
    *,
    recipe: Recipe | str = "default",
    text_column: str | None = None,
    title_column: str | None = None,
    id_column: str | None = None,
    date_column: str | None = None,
    label_column: str | None = None,
    ids: Iterable[Any] | None = None,
    titles: Iterable[Any] | None = None,
    metadata: Any = None,
    lines: bool = False,
    drop_duplicates: bool = False,
    markup: str | None = None,
    terms: Iterable[str] | Mapping[str, int] | None = None,
    pages_in: PagesIn | None = None,
    tokenizer: Tokenizer | None = None,
    lemmatizer: Lemmatizer | None = None,
    stop_words: Iterable[str] | StopTest | None = None,
    guide: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
    runs: int = 1,
    progress: Callable[[Progress], object] | None = None,
    on_iteration: Callable[[Iteration], None] | None = None,
    checkpoints: Checkpointing | None = None,
    **options: Unpack[RecipeOptions],
) -> TopicModel:
    """Fit topics to texts, to a table, to a matrix, or to files.

    Column j of the model's H is page j of the input: the order of lists, tables and matrices is kept.

    Parameters
    ----------
    data : one of

        - texts: a list, a generator, a pandas or polars Series, an array of strings, a dictionary from ids to texts.
          A missing text (None, NaN) is an empty page
        - a table: a pandas or polars data frame, an Arrow table, a list of dictionaries, a dictionary of columns. The
          columns are guessed from their names, or named by `text_column` etc.; all other columns become metadata
        - a matrix of non-negative numbers, sparse or dense, with `terms`; or a data frame of numbers with `pages_in`
        - a path (Path or str): a corpus folder, a folder of texts or images, a table, a dump
        - `Page` objects, a `Corpus`, or a `DataMatrix` that `prepare` made
    rank : number of topics, from 1 to the number of pages
    recipe : "default", "article" or a `Recipe`; `options` change it
    text_column, title_column, id_column, date_column, label_column : names of columns of a table; None: guessed
    ids : one unique id per page; None: the index of a Series or data frame, or positions
    titles : one title per page; None: the first words of the text
    metadata : a data frame with one row per page, or a list of dictionaries; analyses use "date" and "label"
    lines : whether every line of a text file is a page
    drop_duplicates : whether to leave out pages that repeat another one; the model then has fewer pages than the input
    markup : what becomes of HTML, formulas and addresses in the columns of a table, as in `open_corpus`
    terms : the name of each term of a matrix, in order; or a dictionary from a term to its place
    pages_in : "rows" if a matrix is pages x terms, as in scikit-learn; "columns" (the default) if terms x pages
    tokenizer : function from the text of a page to its tokens, in order. It replaces only the tokenizer: tokens are
        still lower-cased, checked for stop words and lemmatized (`normalize="none"` turns lemmatization off)
    lemmatizer : function from a lower-case token to its normal form, called once for each distinct token. Tokens with
        an empty normal form are dropped
    stop_words : words to drop in addition to the stop words of the language (`default_stops=False`: only these); a
        list, or a function from a word to a bool. The model stores the names of functions, not the functions: pass
        them to `load_model` again
    guide : names of topics -> seed words
    seed : random seed of the initialization; the same input, options and seed give the same model, bit for bit
    runs : number of fits, of which the best is returned, with the stability of each topic
    progress : called with a `Progress` at the beginning and end of each stage and about twice a second in between;
        for example `print`
    on_iteration : called after each iteration, with its number and relative error
    checkpoints : where the state of a long fit is saved, so that the same call resumes after an interruption
    **options : `language`, `normalize`, `stemmer`, `default_stops`, `keep`, `phrases`, `chunk`, `numbers`, `accents`,
        `boilerplate` (see `WordOptions`); `min_pages`, `max_pages`, `max_terms`, `corpus_stops` (see `Bounds`);
        `weighting`, `unit`, `idf_power`, `objective`, `solver`, `start`, `tolerance`, `max_iter`, `l1_words`,
        `l1_pages`, `l2_words`, `l2_pages`, `topic_words`, `refine` (see `Recipe`). A matrix
        is used as it is unless `weighting` is given

    Returns
    -------
    TopicModel with W of shape (m, rank) and H of shape (rank, n)

    Raises
    ------
    TypeError
        if data, or one of its elements, has a type that cannot be used, or an option does not exist.
    ValueError
        if a value cannot be used: no text, repeated ids, a rank that is too large.

    Notes
    -----
    The logger "nmf_topics" reports guessed columns (INFO) and missing texts (WARNING).

    References
    ----------
    Lee & Seung, Learning the parts of objects by non-negative matrix factorization, Nature 401 (1999) 788-791.

    Examples
    --------
    >>> texts = ["green tea and black tea", "tea leaves", "a goal in the cup final", "the final goal of the match"] * 3
    >>> model = fit_topics(texts, 2, min_pages=1)
    >>> model.dominant().tolist()
    [1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0]
    """
    columns = Columns(text_column, title_column, id_column, date_column, label_column)
    details = PageDetails(ids, titles, metadata)
    _check_guide(guide)
    _check_whole("runs", runs)
    _check_whole("rank", rank)
    chosen = recipe_with(
        recipe,
        options,
        tokenizer=tokenizer,
        lemmatizer=lemmatizer,
        stop_words=stop_words,
        further=PARAMETERS,
    )
    reporter = Reporter(progress)
    pages: PagesInMemory | None = None
    index: PageIndex | None = None
    functions = {"tokenizer": tokenizer, "lemmatizer": lemmatizer, "stop_words": stop_words}
    used = [*options, *(name for name, value in functions.items() if value is not None)]
    is_numbers = is_matrix(data) or (is_numeric_frame(data) and (pages_in is not None or terms is not None))
    if isinstance(data, DataMatrix):
        unused = [name for name in used if name not in FACTOR_OPTIONS]
        unused += _given(columns, details, terms, pages_in, lines=lines, drop_duplicates=drop_duplicates, markup=markup)
        _refuse(unused, "a DataMatrix", "pass it to `prepare`")
        prepared, index = data, data.columns.index
    elif is_numbers:
        unused = [name for name in used if name not in MATRIX_OPTIONS]
        unused += _given(columns, lines=lines, drop_duplicates=drop_duplicates, markup=markup)
        _refuse(unused, "a matrix", "leave it out")
        prepared = _of_matrix(data, chosen, used, terms=terms, details=details, pages_in=pages_in)
        index = prepared.columns.index
    else:
        if is_numeric_frame(data) and text_column is None:
            raise OptionError("the data frame holds numbers only; if it is a matrix of counts, pass pages_in='rows'")
        _refuse(_given(terms=terms, pages_in=pages_in), "texts", "it belongs to a matrix or a data frame of numbers")
        how = {"lines": lines, "drop_duplicates": drop_duplicates, "markup": markup}
        prepared, pages = _read(data, rank, columns, details, chosen, how, reporter, "language" in options)
    m, n = prepared.V.shape
    logger.info("V is %d %s x %d %s", m, prepared.kind.rows, n, prepared.kind.pages)
    reporter.begin("fit")

    def watch(iteration: Iteration) -> None:
        reporter.iteration(iteration)
        if on_iteration is not None:
            on_iteration(iteration)

    factors = {**chosen.factors(), **({"guide": guide} if guide else {})}
    fitted = {"seed": seed, "on_iteration": watch, "checkpoints": checkpoints, **factors}
    model = fit_runs(prepared, rank, runs, **fitted) if runs > 1 else fit_data_matrix(prepared, rank, **fitted)
    reporter.end()
    logger.info("%s after %d iterations, relative error %.4f", model.stopped, len(model.trace), model.relative_error)
    if pages is not None:
        index = pages.index_of(model.columns.ids)
    return model if index is None else replace(model, columns=replace(model.columns, index=index))


def _of_matrix(
    data: Any, recipe: Recipe, used: Sequence[str], *, terms: Any, details: PageDetails, pages_in: PagesIn | None
) -> DataMatrix:
    """Make a DataMatrix of the caller's matrix, weighted only if `weighting` was passed."""
    weights: dict[str, Any] = {}
    if "weighting" in used:
        weights = {"weighting": recipe.weighting, "unit": recipe.unit, "idf_power": recipe.idf_power}
    elif given := [name for name in ("unit", "idf_power") if name in used]:
        raise OptionError(f"{', '.join(given)}: a matrix is used as it is unless weighting is given, too")
    return data_matrix(data, terms=terms, details=details, pages_in=pages_in, **weights)


def _read(
    data: Any,
    rank: int,
    columns: Columns,
    details: PageDetails,
    recipe: Recipe,
    how: Mapping[str, Any],
    reporter: Reporter,
    language_given: bool,
) -> tuple[DataMatrix, PagesInMemory | None]:
    """Make V from pages in memory or in files; also return the pages in memory."""
    source, corpus, pages = Source(), None, None
    path = existing_path(data)
    if path is not None or isinstance(data, Corpus):
        _refuse(details.given(), "files", "they have these themselves")
    if path is not None:
        named: dict[str, Any] = {f"{part}_column": name for part, name in columns.parts().items()}
        named |= how
        source = Source(str(path), **named)
        if not language_given and (declared := declared_language(path)):
            recipe = replace(recipe, words=replace(recipe.words, language=declared))
    elif isinstance(data, Corpus):
        _refuse(
            _given(columns, **how),
            "a Corpus",
            "pass it to `open_corpus`",
        )
        corpus = data
    else:
        pages = pages_in_memory(data, columns, details, how["markup"] or AUTO, warn=logger.warning, note=logger.info)
        _refuse(_given(lines=how["lines"]), "texts in memory", "split them: text.splitlines()")
        corpus = without_duplicates(pages.corpus()) if how["drop_duplicates"] else pages.corpus()
    reporter.begin("read", None if pages is None or how["drop_duplicates"] else len(pages.pages))
    prepared = prepare(
        source, recipe, corpus=corpus, rank=rank, warn=logger.warning, note=logger.info, on_item=reporter.page
    )
    reporter.end()
    return prepared, pages


def _given(
    columns: Columns | None = None,
    details: PageDetails | None = None,
    terms: Any = None,
    pages_in: Any = None,
    *,
    lines: bool = False,
    drop_duplicates: bool = False,
    markup: str | None = None,
) -> list[str]:
    """Return the names of the parameters that were passed."""
    names = [f"{part}_column" for part, name in (columns.parts() if columns else {}).items() if name is not None]
    names += details.given() if details else []
    names += [name for name, value in (("terms", terms), ("pages_in", pages_in)) if value is not None]
    named = {"lines": lines, "drop_duplicates": drop_duplicates, "markup": markup}
    return names + [name for name, value in named.items() if value]


def _refuse(names: Sequence[str], what: str, remedy: str) -> None:
    if names:
        raise OptionError(f"{', '.join(names)}: without effect on {what}; {remedy}")


def _check_whole(name: str, value: Any) -> None:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InputTypeError(f"{name} must be a whole number, not {value!r:.60}")
    if value < 1:
        raise OptionError(f"{name} must be at least 1, not {value}")


def _check_guide(guide: Any) -> None:
    if guide is None:
        return
    if not isinstance(guide, Mapping):
        raise InputTypeError(f"guide must be a dictionary from names of topics to lists of words, not {guide!r:.60}")
    for name, words in guide.items():
        if not isinstance(name, str):
            raise InputTypeError(f"guide: the name of a topic must be a string, not {name!r:.60}")
        word_list(f"guide[{name!r}]", words)
