"""Which cache a user has: its folder and its limit, from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from nmf_topics.errors import Notice, Remedy
from nmf_topics.files.cache.cache import DEFAULT_LIMIT, FOLDER_VARIABLE, LIMIT_VARIABLE, Cache
from nmf_topics.files.sizes import format_size, parse_size


def cache_folder() -> Path | None:
    """Return the cache folder: NMF_TOPICS_CACHE, else nmf-topics in XDG_CACHE_HOME or in .cache of the home folder.

    Returns
    -------
    None if there is no home folder, as in a container whose user has no entry in /etc/passwd
    """
    if own := os.environ.get(FOLDER_VARIABLE):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # to be ignored, by the XDG specification
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "nmf-topics" if os.path.isabs(base) else None


def cache_limit(warn: Callable[[str], None] = lambda message: None) -> int:
    """Return the limit of the cache in bytes: NMF_TOPICS_CACHE_LIMIT, else 20 GB; 0 keeps nothing."""
    text = os.environ.get(LIMIT_VARIABLE, "")
    limit = parse_size(text) if text else DEFAULT_LIMIT
    if limit is None:
        warn(
            f"{LIMIT_VARIABLE} is {text!r}, which is not a size such as 500MB or 20GB; "
            f"the limit of the cache is {format_size(DEFAULT_LIMIT)}"
        )
        return DEFAULT_LIMIT
    return limit


def user_cache(warn: Callable[[str], None] = lambda message: None) -> Cache | None:
    """Return the cache of the user; None, with a warning, if there is no place for one."""
    folder = cache_folder()
    if folder is None:
        said = "there is no home folder for a cache, so nothing is kept for the next time"
        warn(Notice(said, Remedy(f"name a folder with {{{FOLDER_VARIABLE}}}")))
        return None
    return Cache(folder, limit=cache_limit(warn), warn=warn)
