"""Colours that some readers cannot tell apart, or that collide, or that vanish on paper, may not come into a chart.

How a dichromat sees a colour: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, A Physiologically-based Model for
Simulation of Color Vision Deficiency, IEEE TVCG 15(6), 2009, table 1, severity 1.0, in linear RGB. How far two colours
are apart: the distance in B. Ottosson's Oklab (2020), in hundredths, of which some two are just noticeable.
"""

import itertools

import numpy as np
import pytest

from benchmarks.models import NAMES
from scripts.charts import where_time_goes
from scripts.charts.lib import theme as themes
from scripts.charts.lib.theme import (
    CLASSICAL,
    OTHERS,
    PALETTE,
    SPARE,
    THEMES,
    colour,
    contrast,
    luminance,
    marker,
    style,
)
from scripts.stats.intervals import FloatArray

VISION = {
    "full": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
CLEAR, TOLD_APART = 10.0, 4.0  # hundredths of Oklab: at a glance, and side by side
GREY_STEP = 4.5  # of CIE L*, of which one is just noticeable side by side


def as_seen(paint: str, vision: FloatArray) -> FloatArray:
    """Where in Oklab somebody sees a colour."""
    coded = np.array([int(paint[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    cones = TO_CONES @ np.clip(vision @ linear, 0, 1)
    return np.asarray(100 * TO_LAB @ np.cbrt(cones))


def nearest(paints: list[str], vision: str) -> float:
    """How far the two colours are apart that are nearest."""
    places = [as_seen(paint, VISION[vision]) for paint in paints]
    return min(float(np.linalg.norm(one - other)) for one, other in itertools.combinations(places, 2))


def test_the_judge_of_colours_sees_what_a_dichromat_confuses() -> None:
    red, green = "#cc3311", "#5b8a00"
    assert nearest([red, green], "full") > 2 * nearest([red, green], "deuteranopia")
    assert nearest(["#ffffff", "#000000"], "full") == pytest.approx(100)


@pytest.mark.parametrize("vision", VISION)
def test_nobody_confuses_the_classical_models(vision: str) -> None:
    assert nearest([paint for paint, _ in CLASSICAL.values()], vision) >= CLEAR


@pytest.mark.parametrize("vision", VISION)
def test_nobody_confuses_two_models_of_which_one_is_rarer(vision: str) -> None:
    assert nearest([*(paint for paint, _ in CLASSICAL.values()), *PALETTE], vision) >= TOLD_APART


@pytest.mark.parametrize("vision", VISION)
def test_nobody_confuses_two_parts_of_the_time(vision: str) -> None:
    assert nearest(list(where_time_goes.COLOURS.values()), vision) >= TOLD_APART


def test_the_classical_models_differ_in_grey() -> None:
    greys = sorted(116 * luminance(paint) ** (1 / 3) - 16 for paint, _ in CLASSICAL.values())
    assert min(after - before for before, after in itertools.pairwise(greys)) >= GREY_STEP


def test_every_colour_stands_out_on_both_papers() -> None:
    for theme, paint in itertools.product(THEMES, [*(paint for paint, _ in CLASSICAL.values()), *PALETTE]):
        assert contrast(paint, theme.paper) >= 3
        assert contrast(theme.readable(paint), theme.paper) >= 4.5
    assert all(contrast(theme.muted, theme.paper) >= 4.5 for theme in THEMES)


def test_no_two_models_of_ours_look_the_same() -> None:
    models = (*CLASSICAL, *OTHERS)
    assert len({colour(model) for model in models}) == len({marker(model) for model in models}) == len(models)
    assert len({colour(model) for model in NAMES}) == len(NAMES)


def test_a_model_that_somebody_adds_gets_a_colour_that_no_other_has(monkeypatch: pytest.MonkeyPatch) -> None:
    added = [f"mine_{number}" for number in range(len(SPARE))]
    monkeypatch.setattr(themes, "NAMES", (*NAMES, *added))
    looks = [style(model) for model in (*CLASSICAL, *OTHERS, *added)]
    assert len({paint for paint, _ in looks}) == len(looks)
    assert style("of another run")[0] == themes.NEITHER
