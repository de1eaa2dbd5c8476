"""nmf-topics diff."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from nmf_topics.analysis.model_diff import Change, Difference, compare_models
from nmf_topics.cli import options as o
from nmf_topics.cli.common import PrintingOptions
from nmf_topics.files.json_files import json_text
from nmf_topics.model.files import load_model
from nmf_topics.model.model import TopicModel
from nmf_topics.views.tables.tables import json_number
from nmf_topics.views.tables.terminal import print_table


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@o.printing_options
def diff(first: Path, second: Path, printing: PrintingOptions) -> None:
    """Compare the topics of two models.

    Shows which topics are the same, changed, split, merged, gone or new, how many pages moved with them, and which
    options differ. FIRST and SECOND are model folders of the same corpus or of different ones.

    \b
    Example:
      nmf-topics diff models/mine models/latest
    """
    talk = printing.console()
    before, after = load_model(first), load_model(second)
    found = compare_models(before, after)
    if printing.as_json:
        document = {"schema": 1, "first": str(first), "second": str(second), **_document(found, before, after)}
        click.echo(json_text(document))
        return
    print_table(
        ["change", "first", "second", "similar", "pages"],
        [row for change in found.changes for row in _lines(change, found, before, after)],
        right=(3, 4),
    )
    click.echo(_summary(found))
    if not found.pages:
        talk.note("the models have no page in common: only their words are compared")


def _names(model: TopicModel, numbers: Sequence[int]) -> list[str]:
    return [f"{number} {model.label(number)}" for number in numbers]


def _lines(change: Change, found: Difference, before: TopicModel, after: TopicModel) -> list[list[str]]:
    """A line for each pair of topics of a change; one for a topic that came or went."""
    if not (change.before and change.after):
        return [[change.kind, "".join(_names(before, change.before)), "".join(_names(after, change.after)), "", ""]]
    pairs = [(a, b) for a in change.before for b in change.after]
    return [
        [
            change.kind,
            *_names(before, [a]),
            *_names(after, [b]),
            f"{near:.2f}",
            str(found.flow[a - 1, b - 1]) if found.pages else "",
        ]
        for (a, b), near in zip(pairs, change.similarities, strict=True)
    ]


def _summary(found: Difference) -> str:
    lines = [""]
    if found.pages:
        lines.append(f"{found.pages} pages are in both; the models agree on them with an NMI of {found.agreement:.2f}")
    lines += [
        f"{name}: {_shown(one)} in the first, {_shown(two)} in the second"
        for name, (one, two) in found.options.items()
        if name != "corpus fingerprint"
    ]
    if "corpus fingerprint" in found.options:
        lines.append("the texts of the two are not the same")
    return "\n".join(lines)


def _shown(value: object) -> str:
    return "none" if value is None or value == [] else str(value)


def _document(found: Difference, before: TopicModel, after: TopicModel) -> dict[str, object]:
    def topics(model: TopicModel, numbers: Sequence[int]) -> list[dict[str, object]]:
        return [{"topic": number, "label": model.label(number)} for number in numbers]

    return {
        "shared_terms": found.shared_terms,
        "shared_pages": found.pages,
        "agreement": json_number(found.agreement),
        "changes": [
            {
                "kind": change.kind,
                "before": topics(before, change.before),
                "after": topics(after, change.after),
                "similarities": [json_number(near) for near in change.similarities],
            }
            for change in found.changes
        ],
        "partners": {str(a): b for a, b in sorted(found.partner.items())},
        "similarity": [[json_number(float(x)) for x in row] for row in found.similarity],
        "flow": found.flow.tolist(),
        "options": {name: list(values) for name, values in found.options.items()},
    }
