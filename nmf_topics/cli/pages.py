"""nmf-topics pages."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.cli.console import Console
from nmf_topics.files.csv_files import write_csv
from nmf_topics.files.json_files import json_text
from nmf_topics.model.files import load_model
from nmf_topics.model.model import TopicModel
from nmf_topics.views.tables.tables import page_rows, pages_json
from nmf_topics.views.tables.terminal import print_pages


@click.command()
@o.model_argument
@click.option("--topic", "-t", type=int, help="Pages of one topic only, largest share first.")
@click.option(
    "--top", "-n", type=click.IntRange(min=1), help="List this many pages of each topic, largest share first."
)
@click.option("--csv", is_flag=True, help="Print CSV with all columns of pages.csv.")
@o.printing_options
def pages(model: Path, topic: int | None, top: int | None, csv: bool, printing: PrintingOptions) -> None:
    """Show the topics of pages.

    Pages are listed in the order of their source. With --topic, list the pages whose main topic it is, largest share
    first; if it is the main topic of no page, list all pages with a share of it. MODEL is a model folder; if omitted,
    the last one that was fitted.

    \b
    Example:
      nmf-topics pages --topic 2 --top 10
    """
    talk = printing.console()
    if csv and printing.as_json:
        raise click.UsageError("--csv and --json exclude each other")
    fitted = load_model(model)
    everything = len(fitted.columns)
    if topic is not None:
        tell_if_never_main(fitted, topic, talk)
    if topic is None and top is None:
        columns = list(fitted.columns.in_source_order())
    else:
        numbers = [topic] if topic is not None else range(1, fitted.rank + 1)
        columns = [j for k in numbers for j, _ in fitted.top_pages(k, top or everything)]
    if csv:
        write_csv(page_rows(fitted, columns), sys.stdout)
    elif printing.as_json:
        found = list(pages_json(fitted, columns))
        if topic is not None:
            found = [{**page, "share": page["weights"][topic - 1]} for page in found]
        click.echo(json_text({"schema": 1, "model": str(model), "pages": found}))
    else:
        print_pages(fitted, columns, topic)


def tell_if_never_main(model: TopicModel, topic: int, talk: Console) -> None:
    """Note on stderr that a topic is the main one of no page, so that pages are listed by their share of it."""
    if not (model.dominant() == topic - 1).any():
        noun = model.kind.page
        talk.note(f"no {noun} has topic {topic} as its main one; listed are the {noun}s with the largest shares of it")
