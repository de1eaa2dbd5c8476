"""nmf-topics report."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.files.json_files import json_text
from nmf_topics.model.files import load_model, resolve_model
from nmf_topics.views.model_folder import rewrite_report


@click.command()
@o.model_argument
@click.option("--open", is_flag=True, help="Open the report in the browser.")
@o.printing_options
def report(model: Path, open: bool, printing: PrintingOptions) -> None:
    """Write the HTML report of a model again.

    The report is one HTML file that works offline, with topics, pages, texts and the options of the fit. `fit` writes
    it as well; write it again after `ranks` to include its curves. MODEL is a model folder; if omitted, the last one
    that was fitted.

    \b
    Example:
      nmf-topics report --open
    """
    talk = printing.console()
    fitted = load_model(model)
    path = rewrite_report(fitted, resolve_model(model).resolve(), warn=talk.warn)
    talk.note(f"report in {path}")
    if printing.as_json:
        document = {"schema": 1, "model": str(model), "report": str(path), "bytes": path.stat().st_size}
        click.echo(json_text(document))
    if open and not webbrowser.open(path.as_uri()):
        talk.warn(f"no browser could be started; open {path} yourself")
