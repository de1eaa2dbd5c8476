"""Help that shows the options of a command under headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

REST = "Other options"


class GroupedCommand(click.Command):
    """A command with many options.

    Parameters
    ----------
    groups : names of options, without hyphens in front, by the heading that help shows them under; the others come last
    """

    def __init__(self, *args: Any, groups: Mapping[str, Sequence[str]], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group."""
        heading_of = {name.replace("-", "_"): heading for heading, names in self.groups.items() for name in names}
        records: dict[str, list[tuple[str, str]]] = {heading: [] for heading in (*self.groups, REST)}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                records[heading_of.get(str(parameter.name), REST)].append(record)
        for heading, found in records.items():
            if found:
                with formatter.section(heading):
                    formatter.write_dl(found)
