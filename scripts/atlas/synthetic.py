"""Shares of machines that never were, made of one real share: for the growth of the atlas, and to rehearse with.

Each model is slower by a factor of its own on each machine, and every ratio follows: such shares are plausible, of real
size, and differ as machines do.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from scripts.atlas.build import rounded
from scripts.atlas.plausibility import Names
from scripts.atlas.share_format import SUFFIX, Cell, Part, Share, encode, with_hash

SPREAD = 0.1  # of a factor's log: between hosts of one kind as much was seen
CORES, SYSTEMS, VERSIONS = (2, 4, 8, 16), ("Linux", "Darwin", "Windows"), ("3.12.9", "3.13.5", "3.14.2")


def synthetic(share: Share, count: int) -> Iterator[Share]:
    """`count` shares, always the same."""
    rng = np.random.default_rng(1)
    timed = [cell for cell in share.cells if cell.metric == "seconds"]
    names, models = Names(timed), sorted({cell.model for cell in timed})
    for _ in range(count):
        factors = dict(zip(models, np.exp(np.abs(rng.normal(0, SPREAD, len(models)))).tolist(), strict=True))
        cores = int(rng.choice(CORES))
        yield with_hash(
            replace(
                share,
                cells=[slower(cell, factors) for cell in share.cells],
                claims=[
                    replace(claim, parts=[scaled(part, names, factors) for part in claim.parts])
                    for claim in share.claims
                ],
                machine=replace(share.machine, cores=cores, cores_usable=cores, system=str(rng.choice(SYSTEMS))),
                python=replace(share.python, version=str(rng.choice(VERSIONS))),
            )
        )


def slower(cell: Cell, factors: dict[str, float]) -> Cell:
    """The cell, by its model's factor."""
    if cell.metric != "seconds":
        return cell
    return replace(cell, values=[rounded(value * factors[cell.model]) for value in cell.values])


def scaled(part: Part, names: Names, factors: dict[str, float]) -> Part:
    """The part, as its two cells make it."""
    of, over = names.cell(part.of), names.cell(part.over)
    if part.metric != "seconds" or part.estimate is None or not (of and over):
        return part
    factor = factors[of.model] / factors[over.model]
    low, high = part.low and part.low * factor, part.high and part.high * factor
    return replace(part, estimate=part.estimate * factor, low=low, high=high)


def write_synthetic(share: Share, count: int, folder: Path) -> None:
    """Write `count` synthetic shares into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in synthetic(share, count):
        (folder / f"{one.hash[:12]}{SUFFIX}").write_bytes(encode(one))
