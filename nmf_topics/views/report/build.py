"""The report put together: template, style, programs, data and pictures in one HTML file.

Nothing in it comes from elsewhere when it is opened. A Content-Security-Policy names the two programs and the style by
their hashes and forbids everything else, so that even a text that found its way into the markup could not run. Data
are gzip in base64: no text of the corpus can end the element that it stands in. The drawing library is D3, which the
package mpld3 carries; its file is taken from there as it is.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from nmf_topics import __version__
from nmf_topics.errors import OutputError
from nmf_topics.model.model import TopicModel
from nmf_topics.views.report.extracts import pack
from nmf_topics.views.report.payload import report_data
from nmf_topics.views.report.provenance import provenance

PROGRAMS = ("core", "charts", "overview", "topic", "pages", "page", "parts", "method", "start")
STYLES = ("base", "views")
CLOUD_WIDTH = 800  # pixels of a cloud in the report at most
CLOUD_COLOURS = 24  # flat colours pack well


def build_report(
    model: TopicModel,
    *,
    clouds: Path | None = None,
    extracts: bytes | None = None,
    ranks: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
    source: Mapping[str, Any] | None = None,
) -> str:
    """The report of a model as one HTML document.

    Parameters
    ----------
    model : TopicModel
    clouds : folder of topic-01.png ..., of which those that are there are taken
    extracts : as `views.report.extracts` packed them, or None for a report without texts
    ranks : rows of `nmf-topics ranks` on the same corpus, where they are known
    versions : of the programs that made the model
    source : where the corpus was, as `run.json` records it

    Raises
    ------
    OutputError
        if the drawing library is not where its package should have it.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    data = report_data(model, _pictures(clouds, model.rank) if clouds and model.kind.has_names else {})
    data |= {"how": provenance(model, versions or {}, source), "ranks": ranks, "made_with": f"nmf-topics {__version__}"}
    style = _assets(STYLES, ".css")
    programs = [_d3(), _assets(PROGRAMS, ".js")]
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
    """The words that describe a topic, or its heaviest ones where there is no description."""
    return [word for word, *_ in topic["described"]] or [word for _, word, *_ in topic["words"]]


def write_report(model: TopicModel, path: Path, **parts: Any) -> None:
    """Write `build_report` into a file."""
    path.write_text(build_report(model, **parts), encoding="utf-8", errors="replace", newline="\n")


def _hash(text: str) -> str:
    """As a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _asset(name: str) -> str:
    return (files("nmf_topics.views.report") / "assets" / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _assets(names: tuple[str, ...], ending: str) -> str:
    """Several files as one."""
    text = "\n".join(_asset(name + ending) for name in names)
    return f'(() => {{\n"use strict";\n{text}\n}})();\n' if ending == ".js" else text


@cache
def _d3() -> str:
    """The drawing library, from the package that carries it; to import that would take a second."""
    package = importlib.util.find_spec("mpld3")
    places = list(package.submodule_search_locations or []) if package else []
    found = [path for place in places for path in Path(place, "js").glob("d3.v5*.min.js")]
    if not found:
        raise OutputError(
            "the drawing library of the report is missing (D3, in the package mpld3); install mpld3 again"
        )
    return min(found).read_text(encoding="utf-8").replace("\r\n", "\n").replace("</script", "<\\/script")


def _pictures(folder: Path, rank: int) -> dict[int, str]:
    """Clouds as data URLs, made small enough for a mail: flat colours, and no more pixels than a screen shows."""
    from PIL import Image

    found = {}
    for number in range(1, rank + 1):
        try:
            with Image.open(folder / f"topic-{number:02d}.png") as image:
                picture = image.convert("RGB")
        except OSError:  # no font had the letters, or somebody took the picture away
            continue
        if picture.width > CLOUD_WIDTH:
            height = max(1, round(picture.height * CLOUD_WIDTH / picture.width))
            picture = picture.resize((CLOUD_WIDTH, height), Image.Resampling.LANCZOS)
        packed = io.BytesIO()
        flat = picture.quantize(CLOUD_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        flat.save(packed, "PNG", compress_level=6)
        found[number] = "data:image/png;base64," + base64.b64encode(packed.getvalue()).decode("ascii")
    return found
