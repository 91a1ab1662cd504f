"""The verdicts of two runs on the claims of a talk; nothing is pooled."""

from dataclasses import dataclass

from scripts.tables.load import Run
from scripts.verdict.claim import Talk
from scripts.verdict.evaluate import Finding, Outcome, evaluate


@dataclass(frozen=True)
class Verdicts:
    """A claim with the verdicts of two runs."""

    a: Finding
    b: Finding

    @property
    def opposite(self) -> bool:
        """Whether it holds on one and is refuted on the other."""
        return {self.a.verdict, self.b.verdict} == {"holds", "refuted"}

    @property
    def outcomes(self) -> list[tuple[Outcome, Outcome]]:
        """The outcomes of its measures in each run."""
        return list(zip(self.a.outcomes, self.b.outcomes, strict=False))


def verdicts(talk: Talk, a: Run, b: Run) -> list[Verdicts]:
    """The claims of the talk that both runs have measured."""
    pairs = zip(evaluate(talk, [a]), evaluate(talk, [b]), strict=True)
    return [Verdicts(first, second) for first, second in pairs if first.outcomes and second.outcomes]
