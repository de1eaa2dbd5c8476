"""nmf-topics topics."""

from __future__ import annotations

from pathlib import Path

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.cli.pages import tell_if_never_main
from nmf_topics.cli.topic_notes import tell_of_flags
from nmf_topics.files.json_files import json_text
from nmf_topics.model.files import load_model
from nmf_topics.model.relevance import WORD_ORDERS, WordOrder
from nmf_topics.views.tables.tables import model_json, topic_json
from nmf_topics.views.tables.terminal import print_pages, print_topics, print_words, readable


@click.command()
@o.model_argument
@click.option("--topic", "-t", type=int, help="One topic with its words and pages.")
@click.option(
    "--words",
    type=click.Choice(list(WORD_ORDERS)),
    default="typical",
    show_default=True,
    help="Words to show: typical of the topic's pages, or by weight in W (frequency is the same), by weight and "
    "distinctiveness (relevance), or by distinctiveness (exclusive).",
)
@click.option(
    "--top",
    "-n",
    type=click.IntRange(min=1),
    default=None,
    help="Number of words.  [default: 8; 20 for one topic]",
)
@o.printing_options
def topics(model: Path, topic: int | None, words: WordOrder, top: int | None, printing: PrintingOptions) -> None:
    """Show the topics of a model.

    MODEL is a model folder; if omitted, the last one that was fitted.

    \b
    Example:
      nmf-topics topics --words weight
      nmf-topics topics models/mine --topic 3
    """
    talk = printing.console()
    fitted = load_model(model)
    if topic is None:
        if printing.as_json:
            click.echo(json_text(model_json(fitted, model, terms=top or 10, order=words)))
        else:
            print_topics(fitted, words=top or 8, order=words)
            tell_of_flags(fitted, talk)
        return
    label = fitted.label(topic)  # refuses a topic that is not there
    if printing.as_json:
        document = topic_json(fitted, topic, terms=top or 20, pages=20, order=words)
        click.echo(json_text({"schema": 1, "model": str(model), **document}))
        return
    click.echo(f"topic {topic}: {readable(label)}\n")
    print_words(fitted, topic, top or 20, order=words)
    click.echo()
    tell_if_never_main(fitted, topic, talk)
    tell_of_flags(fitted, talk, topic)
    print_pages(fitted, [j for j, _ in fitted.top_pages(topic, 20)], topic)
