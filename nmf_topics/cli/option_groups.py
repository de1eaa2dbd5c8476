"""Help that shows the options of a command under headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import click

REST = "Other options"

# The headings of the commands that read a corpus. A command shows those of which it has options.
CORPUS_GROUPS: Mapping[str, Sequence[str]] = {
    "Main options": "rank output recipe language runs source from to step title url model explain".split(),
    "Text": "normalize stemmer stop default-stops keep phrases boilerplate numbers accents chunk".split(),
    "Vocabulary and weights": "min-pages max-pages corpus-stops max-terms weighting idf-power unit".split(),
    "Factorization": """objective solver start seed tolerance max-iter l1-words l1-pages l2-words l2-pages guide refine
        like""".split(),
    "Reading files": """text-column title-column id-column date-column label-column encoding lines titles-as-text
        read-limit drop-duplicates markup""".split(),
    "Computation": "engine memory scheduler checkpoint processes cache".split(),
    "Wiki": "wiki contact".split(),
    "Output": """top topic-words csv jsonl draw clouds report names require-convergence force json quiet
        verbose help""".split(),
}


class GroupedCommand(click.Command):
    """A command with many options.

    Attributes
    ----------
    groups : names of options, without the leading hyphens, by heading; options that are not listed come last
    """

    groups: ClassVar[Mapping[str, Sequence[str]]] = CORPUS_GROUPS

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
