"""Image processing with Pillow: Gaussian blur of RGB pictures. C code, which releases the GIL while it blurs.

A picture of noise is created when its task begins, as if read from a file: no worker has it sooner than another. The
blur costs the same for every picture of a size, and for every radius.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import isqrt
from random import Random
from zlib import crc32

from PIL import Image, ImageFilter

from benchmarks.workloads import EVERY_FORM, Workload

BLUR = ImageFilter.GaussianBlur(10)
NOISE = Random(0).randbytes(65_521)  # a prime, so that no row of a picture repeats another


def picture(task: int, side: int) -> Image.Image:
    """A square of noise; each task's begins at another byte."""
    size = 3 * side * side
    return Image.frombytes("RGB", (side, side), (NOISE * (size // len(NOISE) + 2))[task : task + size])


def blur(task: int, side: int) -> int:
    """The checksum of the task's picture, blurred."""
    return crc32(picture(task, side).filter(BLUR).tobytes())


@lru_cache
def blur_by_band(task: int, side: int) -> int:
    """The same checksum from blurring each colour by itself: Pillow has other code for pictures of one band."""
    bands = [band.filter(BLUR) for band in picture(task, side).split()]
    return crc32(Image.merge("RGB", bands).tobytes())


@dataclass(frozen=True)
class Images(Workload):
    """Blur a picture as large as takes one core about `task_s` seconds at `pixels_per_s`."""

    name = "images"
    forms = EVERY_FORM
    isolated = False  # Pillow "does not support loading in subinterpreters"
    needs = ("pixels_per_s",)
    task_s: float = 0.05
    pixels_per_s: float = 0.0

    @property
    def side(self) -> int:
        """Width and height of a picture."""
        return max(32, isqrt(round(self.task_s * self.pixels_per_s)))

    def perform(self, client: None, task: int) -> int:
        """Blur, without the GIL for most of it."""
        return blur(task, self.side)

    async def aperform(self, client: None, task: int) -> int:
        """The same; an event loop gains nothing from the released GIL."""
        return blur(task, self.side)

    def expected(self, task: int) -> int:
        """The checksum, computed band by band."""
        return blur_by_band(task, self.side)

    def compute_s(self, task: int) -> float:
        """The calibrated time."""
        return self.task_s
