"""nmf-topics demo."""

from __future__ import annotations

from pathlib import Path

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.cli.fit import run_fit
from nmf_topics.corpus.open import sample_corpus_path
from nmf_topics.files.cache.settings import user_cache
from nmf_topics.files.json_files import json_text
from nmf_topics.pipeline.prepare import Source
from nmf_topics.pipeline.recipes import RECIPES
from nmf_topics.views.tables.tables import model_json
from nmf_topics.views.tables.terminal import print_topics

RANK = 10


@click.command()
@click.option("--output", "-o", type=click.Path(path_type=Path), default=Path("models/demo"), show_default=True)
@o.force_option
@o.printing_options
def demo(output: Path, force: bool, printing: PrintingOptions) -> None:
    """Fit the sample corpus.

    The sample has 180 short encyclopedic pages on ten subjects and is part of the program.

    \b
    Example:
      nmf-topics demo
    """
    talk = printing.console()
    source = Source(str(sample_corpus_path()))
    model, folder = run_fit(
        source,
        RECIPES["default"],
        RANK,
        seed=0,
        runs=1,
        output=output,
        cache=user_cache(talk.warn),
        processes=1,
        force=force,
        talk=talk,
    )
    if printing.as_json:
        click.echo(json_text(model_json(model, folder)))
        return
    print_topics(model)
    click.echo(
        f"""
Look at    {folder}/report.html       all of it, in a browser
           {folder}/clouds/all.png    the topics as word clouds
           {folder}/topics.csv        words of each topic
           {folder}/pages.csv         topics of each page
Go on with nmf-topics topics --topic 1
           nmf-topics classify some_page.txt
           nmf-topics fit your-texts/ --rank 10"""
    )
