"""nmf-topics export."""

from __future__ import annotations

from pathlib import Path

import click

from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.files.atomic import files_listed_in, folder_of_files
from nmf_topics.files.json_files import json_text
from nmf_topics.model.files import load_model, resolve_model
from nmf_topics.views.tables.export import EXPORTS, export_model

MARK = "export.json"


@click.command()
@o.model_argument
@click.option(
    "--to",
    multiple=True,
    type=click.Choice(list(EXPORTS)),
    default=("csv",),
    show_default=True,
    help="Format; can be given more than once.",
)
@o.output_option("Folder.  [default: export in the model]")
@o.force_option
@o.printing_options
def export(model: Path, to: tuple[str, ...], output: Path | None, force: bool, printing: PrintingOptions) -> None:
    """Write a model for other programs.

    Formats: tables of topics, pages and words as CSV, JSON lines or an Excel workbook; W and H as MatrixMarket files;
    the input of pyLDAvis; the topics as a Markdown table. MODEL is a model folder; if omitted, the last one that was
    fitted.

    \b
    Example:
      nmf-topics export --to csv --to markdown
    """
    talk = printing.console()
    fitted = load_model(model)
    folder = output or resolve_model(model) / "export"
    with folder_of_files(folder, mark=MARK, force=force) as partial:
        remarks = export_model(fitted, list(dict.fromkeys(to)), partial)
        files = sorted(path.name for path in partial.iterdir())
        others = [name for name in files_listed_in(MARK)(folder) if (folder / name).is_file()]  # of another --to
        document = {"schema": 1, "model": str(model), "files": sorted({*files, *others})}
        (partial / MARK).write_text(json_text(document) + "\n", encoding="utf-8")
    for remark in remarks:
        talk.warn(remark)
    paths = [str(folder / name) for name in files]
    talk.note(f"written: {', '.join(paths)}")
    if printing.as_json:
        click.echo(json_text({**document, "files": paths}))
