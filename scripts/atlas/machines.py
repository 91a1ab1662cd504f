"""Claims over machines: on how many each holds, how far its measure spreads, and which properties explain it."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from msgspec import Struct
from scipy.special import stdtrit

from scripts.atlas.collect import Collection, Entry, Key, deciding
from scripts.atlas.share_format import Part, Share
from scripts.stats.intervals import FloatArray
from scripts.stats.random_effects import LEAST_SIDE, PERMUTATIONS, Moderator, Pooled, moderators, numeric_splits, pool

ENDS = ("estimate", "low", "high", "next_low", "next_high")
# Of so many machines a true split has a p-value far below any resolution: fewer permutations do.
MANY_MACHINES, FEW_PERMUTATIONS = 500, 199
LEAST_MACHINES = 3  # of a summary; of one or two the figures themselves say more
VERDICT_ORDER = (
    "holds",
    "refuted",
    "inconclusive",
    "not reproduced here",
    "not testable here",
    "could not be measured",
)
WORDS = {
    "holds": "holds",
    "refuted": "refuted",
    "inconclusive": "inconclusive",
    "not reproduced here": "not reproduced",
    "not testable here": "not testable",
    "could not be measured": "not measured",
}


class Effect(Struct, frozen=True, gc=False):
    """A claim's measure on one machine: the estimate and its 95 % CI, in the measure's own unit."""

    place: int  # of the machine among all
    share: Share
    verdict: str
    estimate: float
    low: float
    high: float
    blocks: int  # that its interval rests on


@dataclass(frozen=True)
class ClaimOverMachines:
    """One claim: its verdicts by machine, the effects, their summary, and the property that explains their spread."""

    talk: str
    id: str
    text: str
    part: Part | None
    verdicts: Counter[str]
    effects: tuple[Effect, ...]
    pooled: Pooled | None
    moderator: str

    @property
    def machines(self) -> int:
        """On how many machines it was measured."""
        return sum(count for verdict, count in self.verdicts.items() if verdict in ("holds", "refuted", "inconclusive"))

    @property
    def sentence(self) -> str:
        """The verdicts in words: `holds on 7 of 9 machines, inconclusive on 1, refuted on 1`."""
        total = sum(self.verdicts.values())
        counts = [(verdict, self.verdicts[verdict]) for verdict in VERDICT_ORDER if self.verdicts[verdict]]
        if not counts:
            return "measured on no machine"
        (first, count), *rest = counts
        unit = "machine" if total == 1 else "machines"
        parts = [f"{WORDS[first]} on {count} of {total} {unit}", *(f"{WORDS[one]} on {n}" for one, n in rest)]
        return ", ".join(parts)


def over_machines(collection: Collection, entries: Sequence[Entry]) -> list[ClaimOverMachines]:
    """Every claim of the collection over these of its entries, talk by talk in the talk's order."""
    claims = {key: claim for key, claim in collection.claims.items() if claim.verdict != "opinion"}
    effects = {key: effects_of(entries, key) for key in sorted(claims, key=lambda key: key[0])}
    splits = all_splits([entry.share for entry in entries])
    telling = moderator_words(entries, effects, splits)
    return [
        ClaimOverMachines(
            *key,
            text=claims[key].text,
            part=deciding(claims[key]),
            verdicts=Counter(entry.results[key].verdict for entry in entries if key in entry.results),
            effects=some,
            pooled=pooled(some, deciding(claims[key])),
            moderator=telling.get(key, ""),
        )
        for key, some in effects.items()
    ]


def effects_of(entries: Sequence[Entry], key: Key) -> tuple[Effect, ...]:
    """The claim's measure on each machine that has one."""
    results = ((place, entry.share, entry.results.get(key)) for place, entry in enumerate(entries))
    return tuple(
        Effect(place, share, one.verdict, one.estimate, one.low, one.high, one.blocks)
        for place, share, one in results
        if one and one.estimate is not None and one.low is not None and one.high is not None
    )


def pooled(effects: Sequence[Effect], part: Part | None) -> Pooled | None:
    """The summary over machines, in the measure's own unit; None with fewer than LEAST_MACHINES."""
    if not part or len(effects) < LEAST_MACHINES:
        return None
    values = np.array([[effect.estimate, effect.low, effect.high] for effect in effects])
    if part.log and (values <= 0).any():
        return None
    scaled = np.log(values) if part.log else values
    quantile = stdtrit(np.array([max(effect.blocks - 1, 1) for effect in effects]), 0.975)
    summary = pool(scaled[:, 0], ((scaled[:, 2] - scaled[:, 1]) / (2 * quantile)) ** 2)
    return exponentiated(summary) if part.log else summary


def exponentiated(summary: Pooled) -> Pooled:
    """A summary of logs as one of ratios; the spreads stay standard deviations of the log."""
    ends = {name: math.exp(min(getattr(summary, name), 700.0)) for name in ENDS}
    return replace(summary, **ends)  # type: ignore[arg-type]  # all of them floats


@dataclass(frozen=True)
class Split:
    """A split of the machines into two groups: its description, and which machines are inside."""

    words: str
    inside: np.ndarray


def all_splits(shares: Sequence[Share]) -> list[Split]:
    """Every split by what a share says of its machine and Python, each partition of the machines once."""
    splits = [
        Split(f"more than {threshold:g} {unit}", inside)
        for unit, value in NUMBERS.items()
        for threshold, inside in numeric_splits([value(share) for share in shares])
    ]
    for words, kind in KINDS.items():
        values = [kind(share) for share in shares]
        splits += [Split(f"{words} {one}", np.array([value == one for value in values])) for one in sorted(set(values))]
    usable = [split for split in splits if LEAST_SIDE <= split.inside.sum() <= len(shares) - LEAST_SIDE]
    return merge_splits(usable)


NUMBERS: dict[str, Callable[[Share], float]] = {
    "usable cores": lambda share: float(share.machine.cores_usable),
    "GiB of memory": lambda share: share.machine.memory_gib,
}
KINDS: dict[str, Callable[[Share], str]] = {
    "Python": lambda share: ".".join(share.python.version.split(".")[:2]),
    "the GIL": lambda share: "on" if share.python.gil else "off",
    "profile-guided optimisation": lambda share: {True: "on", False: "off", None: "unknown"}[share.python.optimised],
    "the system": lambda share: share.machine.system,
    "kernel": lambda share: ".".join(share.machine.kernel.split(".")[:2]),
    "architecture": lambda share: share.machine.architecture,
    "CPU maker": lambda share: share.machine.cpu.split()[0] if share.machine.cpu else "unknown",
    "virtual machine:": lambda share: "yes" if share.machine.virtual else "no",
}


def merge_splits(splits: Sequence[Split]) -> list[Split]:
    """Splits into the same two groups are one, under all their names: these machines can't tell which it is."""
    groups = dict[bytes, list[Split]]()
    for split in splits:
        inside = split.inside if split.inside[0] else ~split.inside
        groups.setdefault(inside.tobytes(), []).append(split)
    return [
        Split(" or ".join(dict.fromkeys(split.words for split in same)), same[0].inside) for same in groups.values()
    ]


def moderator_words(
    entries: Sequence[Entry], effects: dict[Key, tuple[Effect, ...]], splits: Sequence[Split]
) -> dict[Key, str]:
    """For each claim the split that is established to tell machines apart, in words."""
    keys = [key for key, some in effects.items() if len(some) >= 2 * LEAST_SIDE]
    if not keys or not splits:
        return {}
    matrix = np.full((len(entries), len(keys)), np.nan)
    for column, key in enumerate(keys):
        for effect in effects[key]:
            matrix[effect.place, column] = comparable_effect(effect)
    permutations = FEW_PERMUTATIONS if len(entries) > MANY_MACHINES else PERMUTATIONS
    established = moderators(standardised(matrix), np.array([split.inside for split in splits]), permutations)
    return {keys[one.claim]: words(one, splits) for one in established}


def comparable_effect(effect: Effect) -> float:
    """The effect on the scale on which machines are compared: logs of what is positive."""
    return math.log(effect.estimate) if effect.estimate > 0 else effect.estimate


def standardised(matrix: FloatArray) -> FloatArray:
    """Each claim's effects in its own median absolute deviations, so that no claim's unit decides."""
    centre = np.nanmedian(matrix, axis=0)
    spread = np.nanmedian(np.abs(matrix - centre), axis=0)
    return np.asarray((matrix - centre) / np.where(spread > 0, spread, 1.0))


def words(moderator: Moderator, splits: Sequence[Split]) -> str:
    """A moderator in words: `larger with more than 8 usable cores (p = 0.002)`."""
    split = splits[moderator.split].words
    return f"{moderator.direction} with {split} (p = {moderator.p_value:.3f}, allowing for all looks)"
