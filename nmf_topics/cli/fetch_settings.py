"""The settings of a fetch: those of the folder, changed by what the command line names."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from nmf_topics.cli.fetch_options import SettingOptions
from nmf_topics.cli.wiki import address_of_api
from nmf_topics.cli.wording import worded
from nmf_topics.corpus.fetch.as_of import read_moment
from nmf_topics.corpus.fetch.settings import Settings
from nmf_topics.corpus.fetch.site import wikipedia
from nmf_topics.errors import OptionError

CODE = r"[a-z][a-z-]{1,15}"  # of the language of a Wikipedia
DESCRIPTIONS = {  # of the settings, for messages
    "wiki": "--wiki",
    "language": "--language",
    "text": "--text",
    "quality": "--quality",
    "min_words": "--min-words",
    "limit": "--limit",
    "pageviews": "--pageviews",
    "intro": "--intro",
    "sections": "--section",
    "as_of": "--as-of",
    "removed": "--remove",
    "also_language": "--also-language",
    "removed_with_owner": "without",
}


def choose_settings(
    options: SettingOptions, recorded: Settings | None, *, quality: str = "any", wiki: str = ""
) -> Settings:
    """Settings for a fetch.

    Parameters
    ----------
    options : of the command
    recorded : the settings of the folder, which hold unless the command line names others; None for a new folder,
        which also takes settings from variables and nmf-topics.toml
    quality : of the pages of a new folder if --quality is not given
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

    new = recorded or Settings(quality=quality)
    if is_given("text") and options.text is not None:
        new = replace(new, text=options.text)
    if is_given("quality") and options.quality is not None:
        new = replace(new, quality=options.quality)
    if is_given("min_words") and options.min_words is not None:
        new = replace(new, min_words=options.min_words)
    if is_given("limit") and options.limit is not None:
        new = replace(new, limit=options.limit or None)
    if is_given("pageviews"):
        new = replace(new, pageviews=options.pageviews)
    if any(is_given(name) for name in ("whole", "intro", "section")):  # each of them says all about the parts of a page
        sections = options.section if is_given("section") else ()
        new = replace(new, intro=is_given("intro") and options.intro, sections=tuple(dict.fromkeys(sections)))
    if is_given("also_language") and options.also_language:
        new = replace(new, also_language=_codes(options.also_language))
    if is_given("as_of") and options.as_of:
        new = replace(new, as_of=_moment(options.as_of))
    language = options.language.lower()
    if not re.fullmatch(CODE, language):
        raise click.BadParameter(f"{options.language!r} is not the code of a Wikipedia", param_hint="--language")
    if not recorded or is_given("language"):
        new = replace(new, language=language)
    if is_given("wiki") and options.wiki:
        return replace(new, wiki=address_of_api(options.wiki))
    if is_given("language") and (not recorded or _is_wikipedia(recorded.wiki)):
        return replace(new, wiki=wikipedia(language))
    return new if new.wiki else replace(new, wiki=wiki or wikipedia(language))


def _codes(text: str) -> tuple[str, ...]:
    """The languages of --also-language."""
    codes = [code.strip().lower() for code in text.split(",") if code.strip()]
    if wrong := next((code for code in codes if not re.fullmatch(CODE, code)), ""):
        raise click.BadParameter(f"{wrong!r} is not the code of a Wikipedia", param_hint="--also-language")
    return () if codes == ["none"] else tuple(dict.fromkeys(codes))


def _moment(text: str) -> str:
    """The time of --as-of."""
    if text.strip().lower() == "now":
        return ""
    try:
        return read_moment(text)
    except OptionError as error:
        raise click.BadParameter(worded(error), param_hint="--as-of") from error


def _is_wikipedia(api: str) -> bool:
    return (urlsplit(api).hostname or "").endswith(".wikipedia.org")


def describe_changes(before: Settings, after: Settings) -> str:
    """Describe changed settings as options, with their former values.

    Examples
    --------
    >>> describe_changes(Settings(limit=20), Settings(quality="good"))
    '--quality good (was any), no --limit 20'
    """
    said = []
    for name, (old, new) in after.changes_from(before).items():
        former, option = _shown(name, old), DESCRIPTIONS[name]
        now = _shown(name, new)
        said.append(f"{now} (was {former.removeprefix(option).strip() or 'none'})" if now else f"no {former}")
    return ", ".join(said)


def describe_settings(settings: Settings) -> str:
    """Describe the settings that are not the defaults, as options.

    Examples
    --------
    >>> describe_settings(Settings(wiki="https://en.wikipedia.org/w/api.php", quality="good", sections=("Plot",)))
    '--wiki https://en.wikipedia.org/w/api.php --quality good --section Plot'
    """
    changed = settings.changes_from(Settings())
    return " ".join(filter(None, (_shown(name, value) for name, (_, value) in changed.items())))


def _shown(name: str, value: object) -> str:
    """A setting as options; "" for one that is not set."""
    if isinstance(value, list):
        return " ".join(f"{DESCRIPTIONS[name]} {shlex.quote(item)}" for item in value)
    if value is True:
        return DESCRIPTIONS[name]
    return f"{DESCRIPTIONS[name]} {value}" if value or (value == 0 and value is not False) else ""
