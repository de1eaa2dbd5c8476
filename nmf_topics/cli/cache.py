"""nmf-topics cache."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from nmf_topics.cli.common import PrintingOptions, printing_options
from nmf_topics.errors import OutputError, Remedy
from nmf_topics.files.cache.cache import FOLDER_VARIABLE, Cache, Cleared
from nmf_topics.files.cache.contents import Entry
from nmf_topics.files.cache.kinds import KINDS, Kind
from nmf_topics.files.cache.settings import user_cache
from nmf_topics.files.json_files import json_text
from nmf_topics.files.sizes import format_size

_SECONDS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_NAMES = {"w": "week", "d": "day", "h": "hour", "m": "minute"}


class Age(click.ParamType[float]):
    """A time: 30d (days), 12h (hours), 2w (weeks), 45m (minutes)."""

    name = "age"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of seconds."""
        found = re.fullmatch(r"(\d{1,6}) *([mhdw])", str(value).strip().lower())
        if found is None:
            self.fail(f"{value!r} is not an age such as 30d, 12h or 2w", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


@click.command()
@click.option("--clear", is_flag=True, help="Remove the entries.")
@click.option(
    "--kind",
    multiple=True,
    type=click.Choice([kind.name for kind in KINDS]),
    help="Only entries of this kind; may be repeated.",
)
@click.option(
    "--older-than",
    type=Age(),
    default=None,
    metavar="AGE",
    help="Only entries that were not used for this long, such as 30d, 12h or 2w.",
)
@printing_options
def cache(clear: bool, kind: tuple[str, ...], older_than: float | None, printing: PrintingOptions) -> None:
    """Show or clear the cache.

    The cache has what commands keep for the next time: everything in it can be computed again. Above a limit, the
    entries that were not used for the longest time are removed. Set NMF_TOPICS_CACHE to use another folder, and
    NMF_TOPICS_CACHE_LIMIT to change the limit of 20GB; with 0, nothing is kept.

    \b
    Example:
      nmf-topics cache --clear --older-than 30d
    """
    talk = printing.console()
    store = user_cache(talk.warn)
    if store is None:
        if printing.as_json:
            click.echo(json_text(_document(None, [], [], None)))
        return
    chosen = [known for known in KINDS if not kind or known.name in kind]
    try:
        cleared = store.clear(chosen, unused_for=older_than or 0.0) if clear else None
        entries = _chosen(store.entries(), chosen, older_than)
    except OSError as error:
        said = f"the cache in {store.folder} cannot be {'changed' if clear else 'read'} ({error.strerror or error})"
        raise OutputError(said, remedy=Remedy(f"choose another folder with {{{FOLDER_VARIABLE}}}")) from error
    if printing.as_json:
        click.echo(json_text(_document(store, chosen, entries, cleared)))
    elif cleared is not None:
        _print_cleared(store, cleared)
    else:
        _print_entries(store, chosen, entries)


def _chosen(entries: Sequence[Entry], kinds: Sequence[Kind], older_than: float | None) -> list[Entry]:
    """Entries of some kinds, and of some age."""
    latest = time.time() - (older_than or 0.0)
    return [entry for entry in entries if entry.kind in kinds and (not older_than or entry.used <= latest)]


def _size(entries: Sequence[Entry]) -> int:
    return sum(entry.size for entry in entries)


def _document(
    store: Cache | None, kinds: Sequence[Kind], entries: Sequence[Entry], cleared: Cleared | None
) -> dict[str, object]:
    """The cache as JSON; without a folder, if there is no place for one."""

    def described(entry: Entry) -> dict[str, object]:
        return {
            "name": entry.path.name,
            "kind": entry.kind.name,
            "size": entry.size,
            "last_used": datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds"),
            "in_use": entry.in_use,
        }

    of_kind = {kind: [entry for entry in entries if entry.kind is kind] for kind in kinds}
    document: dict[str, object] = {
        "schema": 1,
        "folder": str(store.folder) if store else None,
        "limit": store.limit if store else 0,
        "size": _size(entries),
        "kinds": [
            {"kind": kind.name, "entries": len(found), "size": _size(found), "purpose": kind.purpose}
            for kind, found in of_kind.items()
        ],
        "entries": [described(entry) for entry in entries],
    }
    if cleared is not None:
        document["removed"] = [described(entry) for entry in cleared.removed]
    return document


def _print_cleared(store: Cache, cleared: Cleared) -> None:
    """What was removed, and what was not."""
    click.echo(f"removed {_counted(cleared.removed)} from {store.folder}")
    if cleared.kept:
        click.echo(f"kept {_counted(cleared.kept)} in use by running commands")


def _counted(entries: Sequence[Entry]) -> str:
    """How many entries, and how large they are."""
    if not entries:
        return "no entries"
    return f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'} ({format_size(_size(entries))})"


def _print_entries(store: Cache, kinds: Sequence[Kind], entries: Sequence[Entry]) -> None:
    """A paragraph for each kind."""
    click.echo(f"{store.folder}: {_counted(entries)}, limit {format_size(store.limit)}")
    for kind in kinds:
        found = [entry for entry in entries if entry.kind is kind]
        used = ""
        if found:
            newest, oldest = _ago(found[-1].used), _ago(found[0].used)
            used = f", last used {newest}" if newest == oldest else f", last used {oldest} to {newest}"
        running = sum(entry.in_use for entry in found)
        click.echo(f"\n{kind.name}: {_counted(found)}{used}{f', {running} in use' if running else ''}")
        click.echo(f"  {kind.purpose}")


def _ago(moment: float) -> str:
    """How long ago a moment was."""
    seconds = time.time() - moment
    for unit, name in _NAMES.items():
        if (number := int(seconds // _SECONDS[unit])) >= 1:
            return f"{number} {name}{'' if number == 1 else 's'} ago"
    return "just now"
