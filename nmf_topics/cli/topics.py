"""nmf-topics topics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.pages import tell_if_never_main
from nmf_topics.model.files import load_model
from nmf_topics.views.tables.tables import model_json, topic_json
from nmf_topics.views.tables.terminal import print_pages, print_topics, print_words, readable


@click.command()
@o.model_argument
@click.option("--topic", "-t", type=int, help="One topic with its words and pages.")
@click.option(
    "--words",
    type=click.Choice(["frequency", "relevance", "exclusive"]),
    default="frequency",
    show_default=True,
    help="Order of the words: by weight, by weight and distinctiveness, by distinctiveness.",
)
@click.option(
    "--top",
    "-n",
    type=click.IntRange(min=1),
    default=None,
    help="Words shown.  [default: 8; 20 for one topic]",
)
@o.json_option
@o.talk_options
def topics(model: Path, topic: int | None, words: Any, top: int | None, **options: Any) -> None:
    """Show the topics of a model.

    MODEL is a model folder; left out, the last one that was fitted.

    \b
    Example:
      nmf-topics topics --words relevance
      nmf-topics topics models/mine --topic 3
    """
    talk = o.talk_of(options)
    fitted = load_model(model)
    if topic is None:
        if options["json"]:
            click.echo(json.dumps(model_json(fitted, model), ensure_ascii=False, indent=1))
        else:
            print_topics(fitted, words=top or 8, order=words)
        return
    terms = fitted.terms(topic, top or 20, order=words)
    if options["json"]:
        document = topic_json(fitted, topic, terms=top or 20, pages=20)
        click.echo(json.dumps({"schema": 1, "model": str(model), **document}, ensure_ascii=False, indent=1))
        return
    click.echo(f"topic {topic}: {readable(fitted.label(topic))}\n")
    print_words(terms)
    click.echo()
    tell_if_never_main(fitted, topic, talk)
    print_pages(fitted, [j for j, _ in fitted.top_pages(topic, 20)], topic)
