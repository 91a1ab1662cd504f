"""A claim of a talk: a sentence, the measures that decide it, and their bounds. `claims_file` reads them from TOML."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scripts.analysis.evidence import Measure
from scripts.stats.decisions import Bound

TALKS = Path(__file__).parents[2] / "benchmarks" / "claims"
SIDES = ("of", "over")


@dataclass(frozen=True)
class Part:
    """One measure and its bound; `per_capacity` where the bound counts in cores that are really there."""

    name: str
    measure: Measure
    counterpart: Measure | None
    holds: str
    bound: Bound
    per_capacity: bool


@dataclass(frozen=True)
class Claim:
    """A sentence, its source, and the parts that decide it; none where nothing can decide it."""

    id: str
    text: str
    where: str = ""
    expected: str = ""
    parts: tuple[Part, ...] = ()
    opinion: bool = False
    needs: str = ""
    when: tuple[tuple[str, Any], ...] = ()
    why: str = ""
    source: str = ""
    condition: str = ""  # under which the source makes the claim
    differs: str = ""  # how the condition here differs from the source's; empty where it does not

    @property
    def cells(self) -> list[str]:
        """The references of the cells that decide the claim, and of those shown beside them."""
        measures = [one for part in self.parts for one in (part.measure, part.counterpart) if one]
        return list(dict.fromkeys(cell for measure in measures for cell in measure.cells))

    @property
    def sided(self) -> dict[str, dict[str, Any]]:
        """The conditions that differ from side to side; with any, the claim is about two interpreters."""
        return {name: required for name, required in self.when if isinstance(required, dict)}

    def side(self, which: str) -> "Claim":
        """The claim with the conditions of one of its sides."""
        when = ((name, required[which] if isinstance(required, dict) else required) for name, required in self.when)
        return replace(self, when=tuple(when))


@dataclass(frozen=True)
class Talk:
    """A claims file."""

    path: Path
    title: str
    source: str
    claims: tuple[Claim, ...]

    @property
    def name(self) -> str:
        """The name that TALK takes."""
        return self.path.stem

    @property
    def shipped(self) -> bool:
        """Whether it is one of ours."""
        return self.path.parent == TALKS

    @property
    def ids(self) -> list[str]:
        """The claims' names."""
        return [claim.id for claim in self.claims]
