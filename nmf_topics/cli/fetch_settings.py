"""The settings of a fetch: those of the folder, changed by what the command line names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from nmf_topics.cli.wiki import address_of_api
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import wikipedia

NAMES = ("text", "quality", "min_words", "limit", "pageviews")  # options that are settings as they stand
DESCRIPTIONS = {  # of the settings, for messages
    "wiki": "--wiki",
    "language": "--language",
    "text": "--text",
    "quality": "--quality",
    "min_words": "--min-words",
    "limit": "--limit",
    "pageviews": "--pageviews",
}


def choose_settings(
    options: Mapping[str, Any], recorded: Settings | None, *, defaults: Mapping[str, Any], wiki: str = ""
) -> Settings:
    """Settings for a fetch.

    Parameters
    ----------
    options : of the command
    recorded : the settings of the folder, which hold unless the command line names others; None for a new folder,
        which also takes settings from variables and nmf-topics.toml
    defaults : settings of a new folder that nobody names
    wiki : api.php of a new folder if neither a wiki nor a language is named

    Raises
    ------
    click.BadParameter
        When the language or the wiki cannot be one.
    """
    context = click.get_current_context()

    def is_given(name: str) -> bool:
        source = context.get_parameter_source(name)
        return source is ParameterSource.COMMANDLINE if recorded else source is not ParameterSource.DEFAULT

    named = {name: options[name] for name in NAMES if is_given(name) and options[name] is not None}
    if named.get("limit") == 0:
        named["limit"] = None
    before = recorded or replace(Settings(), **defaults)
    language = options["language"].lower()
    if not re.fullmatch(r"[a-z][a-z-]{1,15}", language):
        raise click.BadParameter(f"{options['language']!r} is not the code of a Wikipedia", param_hint="--language")
    if not recorded or is_given("language"):
        named["language"] = language
    if is_given("wiki") and options["wiki"]:
        named["wiki"] = address_of_api(options["wiki"])
    elif is_given("language") and (not recorded or _is_wikipedia(recorded.wiki)):
        named["wiki"] = wikipedia(language)
    elif not before.wiki:
        named["wiki"] = wiki or wikipedia(language)
    return replace(before, **named)


def _is_wikipedia(api: str) -> bool:
    return (urlsplit(api).hostname or "").endswith(".wikipedia.org")


def describe_settings(settings: Settings) -> str:
    """Describe the settings that are not the defaults, as options.

    Examples
    --------
    >>> describe_settings(Settings(wiki="https://en.wikipedia.org/w/api.php", quality="good", limit=20))
    '--wiki https://en.wikipedia.org/w/api.php --quality good --limit 20'
    """
    changed = settings.changes_from(Settings())
    return " ".join(f"{DESCRIPTIONS[name]} {value}" for name, (_, value) in changed.items() if value is not None)
