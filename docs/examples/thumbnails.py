"""A folder of images made small: Pillow decodes, scales and encodes, mostly without holding the GIL."""

import io
import os
import tempfile
from pathlib import Path

from PIL import Image

FOLDER = Path(os.environ.get("IMAGES", f"{tempfile.gettempdir()}/overlap-images"))  # put your own folder in


def tasks():
    if not FOLDER.exists():  # some pictures to try it with
        FOLDER.mkdir()
        for number in range(40):
            picture = Image.effect_mandelbrot((1200, 800), (-2.5 + number / 100, -1.5, 1.0, 1.5), 40)
            picture.save(FOLDER / f"{number:02}.jpg")
    return sorted(FOLDER.glob("*.jpg"))


def work(path):
    with Image.open(path) as picture:
        small = picture.resize((300, 200), Image.Resampling.LANCZOS)
    kept = io.BytesIO()
    small.save(kept, "JPEG")
    return len(kept.getvalue())
