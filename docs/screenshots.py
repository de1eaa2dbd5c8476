"""Make the pictures in this folder: the clouds of the sample, and its report in Chromium.

make test-browser          # installs what is needed, once
python docs/screenshots.py
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
SHOTS = [("report-overview.png", "overview", "light"), ("report-topic.png", "topic-6", "dark")]

CLOUDS = "sample-clouds.png"


def main() -> None:
    """Fit the sample, and take each picture."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        subprocess.run([sys.executable, "-m", "nmf_topics", "demo", "-q", "-o", place, "--force"], check=True)
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, view, scheme in SHOTS:
            page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme=scheme)
            page.goto((Path(place) / "report.html").as_uri() + f"#{view}")
            page.wait_for_selector("html[data-ready]")
            page.wait_for_timeout(500)
            with Image.open(io.BytesIO(page.screenshot())) as shot:
                save(shot, name)
        browser.close()
        with Image.open(Path(place) / "clouds" / "all.png") as clouds:
            save(clouds.resize((1200, round(1200 * clouds.height / clouds.width)), Image.Resampling.LANCZOS), CLOUDS)


def save(picture: Image.Image, name: str) -> None:
    """A picture in 256 colours."""
    flat = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    flat.save(HERE / name, optimize=True)


if __name__ == "__main__":
    main()
