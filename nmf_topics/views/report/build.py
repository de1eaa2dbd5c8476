"""Build the report: template, styles, scripts, data and pictures in one HTML file.

The file loads nothing when it is opened. A Content-Security-Policy names the scripts and the style by their hashes and
forbids everything else, so that text that ended up in the markup could not run. Data are compressed and encoded in
base64: no text of the corpus can end the element that it is in. Charts use a part of D3, which `make d3` builds.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from nmf_topics import __version__
from nmf_topics.model.model import TopicModel
from nmf_topics.views.report.extracts import pack
from nmf_topics.views.report.payload import report_data
from nmf_topics.views.report.provenance import provenance

PROGRAMS = ("core", "charts", "overview", "topic", "pages", "page", "parts", "method", "start")
STYLES = ("base", "views")
CLOUD_WIDTH = 800  # largest width of a cloud in the report, in pixels
CLOUD_COLOURS = 24  # few colours compress well


def build_report(
    model: TopicModel,
    *,
    clouds: Path | None = None,
    extracts: bytes | None = None,
    ranks: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
    source: Mapping[str, Any] | None = None,
) -> str:
    """Build the report of a model as one HTML document.

    Parameters
    ----------
    model : TopicModel
    clouds : folder of topic-01.png ...; pictures that are missing are left out
    extracts : packed by `views.report.extracts`, or None for a report without texts
    ranks : rows of `nmf-topics ranks` on the same corpus, if there are any
    versions : versions of the programs that made the model
    source : location of the corpus, as recorded in `run.json`
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    data = report_data(model, _pictures(clouds, model.rank) if clouds and model.kind.has_names else {})
    data |= {"how": provenance(model, versions or {}, source), "ranks": ranks, "made_with": f"nmf-topics {__version__}"}
    style = _assets(STYLES, ".css")
    programs = [_asset("d3.min.js"), _assets(PROGRAMS, ".js")]
    environment = Environment(
        loader=PackageLoader("nmf_topics.views.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html").render(
        data=data,
        style=style,
        style_hash=_hash(style),
        programs=programs,
        program_hashes=[_hash(program) for program in programs],
        licence=_asset("d3-licence.txt"),
        core=base64.b64encode(pack(data)).decode("ascii"),
        texts=base64.b64encode(extracts).decode("ascii") if extracts else "",
        topics=[(topic, ", ".join(_shown_words(topic)[:8])) for topic in data["topics"]],
    )
    return page.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd") + "\n"


def _shown_words(topic: Mapping[str, Any]) -> list[str]:
    """Return the words that describe a topic, or its heaviest ones if it has no description."""
    return [word for word, *_ in topic["described"]] or [word for _, word, *_ in topic["words"]]


def write_report(model: TopicModel, path: Path, **parts: Any) -> None:
    """Write the report of `build_report` to a file."""
    path.write_text(build_report(model, **parts), encoding="utf-8", errors="replace", newline="\n")


def _hash(text: str) -> str:
    """Return the name of a script or style in a Content-Security-Policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _asset(name: str) -> str:
    return (files("nmf_topics.views.report") / "assets" / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _assets(names: tuple[str, ...], ending: str) -> str:
    """Join several files into one."""
    text = "\n".join(_asset(name + ending) for name in names)
    return f'(() => {{\n"use strict";\n{text}\n}})();\n' if ending == ".js" else text


def _pictures(folder: Path, rank: int) -> dict[int, str]:
    """Return clouds as data URLs, reduced in colours and pixels so that the report stays small."""
    from PIL import Image

    found = {}
    for number in range(1, rank + 1):
        try:
            with Image.open(folder / f"topic-{number:02d}.png") as image:
                picture = image.convert("RGB")
        except OSError:  # no font had the letters, or the picture was deleted
            continue
        if picture.width > CLOUD_WIDTH:
            height = max(1, round(picture.height * CLOUD_WIDTH / picture.width))
            picture = picture.resize((CLOUD_WIDTH, height), Image.Resampling.LANCZOS)
        packed = io.BytesIO()
        flat = picture.quantize(CLOUD_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        flat.save(packed, "PNG", compress_level=6)
        found[number] = "data:image/png;base64," + base64.b64encode(packed.getvalue()).decode("ascii")
    return found
