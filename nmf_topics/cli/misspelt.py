"""Options that do not exist, and what was probably meant: by spelling, and by the names that other programs use."""

from __future__ import annotations

import click

# option -> names of the same thing in scikit-learn, gensim, MALLET, BERTopic and elsewhere
_SAME: dict[str, str] = {
    "--rank": "n-components n-topics number-of-topics num-components components ntopics nr-topics topic-count",
    "--seed": "random-state random-seed rng",
    "--start": "init initialization initialisation",
    "--objective": "beta-loss loss",
    "--max-iter": "iterations iter n-iter num-iterations passes epochs max-iterations",
    "--tolerance": "tol eps threshold",
    "--solver": "algorithm update rule",
    "--runs": "n-runs restarts n-init repeats",
    "--weighting": "tfidf tf-idf vectorizer use-idf",
    "--normalize": "stem lemma stemming lemmatize lemmatization",
    "--stop": "stopwords stop-words stoplist stopword-file extra-stopwords",
    "--language": "lang",
    "--min-pages": "min-df min-docs no-below",
    "--max-pages": "max-df max-docs no-above",
    "--max-terms": "max-features vocabulary-size n-features keep-n",
    "--phrases": "ngrams ngram-range bigrams collocations",
    "--chunk": "chunk-size chunksize",
    "--guide": "seed-words seed-topics anchors",
    "--l1-words": "alpha alpha-w",
    "--l1-pages": "alpha-h",
    "--processes": "jobs n-jobs threads",
    "--workers": "jobs threads",
    "--output": "out output-dir out-dir output-folder",
    "--text-column": "column text-col",
    "--top": "n-words num-words top-words top-n limit",
    "--topic": "topic-id",
    "--words": "order sort",
    "--to": "format",
    "--format": "type",
    "--quality": "filter",
    "--search": "query find",
    "--as-of": "date at until",
    "--intro": "summary lead abstract",
    "--also-language": "langlinks languages translations",
    "--title": "titles page",
    "--model": "model-path",
}


def likely_options(name: str, command: click.Command) -> list[str]:
    """Options of a command that a misspelt one probably means, the most likely first.

    Parameters
    ----------
    name : as it was given, with its hyphens: --n-topics
    command : the command that does not have it
    """
    options = [option for option in command.params if isinstance(option, click.Option)]
    spellings = {spelling: option.opts[0] for option in options for spelling in option.opts + option.secondary_opts}
    plain = name.lstrip("-").replace("_", "-").casefold()
    if f"--{plain}" in spellings:  # --Max_Iter
        return [f"--{plain}"]
    known = [option for option, names in _SAME.items() if option in spellings and plain in names.split()]
    if known:
        return known
    from difflib import get_close_matches

    long = [spelling for spelling in spellings if spelling.startswith("--")]
    return get_close_matches(f"--{plain}", long, cutoff=0.8) or get_close_matches(f"--{plain}", long)
