"""Versions of the measuring code whose figures may stand beside each other, since what differs is explained.

A share holds a hash of the measuring code. The hash changes with a word in a comment, too, so versions that measure
alike are listed in versions.toml, each with what differs; figures of any others are never mixed.
"""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_suffix(".toml")


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the measuring code, an earlier one that measures like it, and what differs between the two."""

    code: str
    measures_like: str
    differs: str


@cache
def explained() -> dict[str, Version]:
    """The versions listed in the file, by their hash."""
    document = msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), dict[str, list[Version]])
    return {one.code: one for one in document.get("version", [])}


def measures_like(code: str) -> str:
    """The earliest version that measures like this one: itself where no other is listed for it."""
    return measures_like(explained()[code].measures_like) if code in explained() else code


def differences(codes: set[str]) -> list[str]:
    """What differs between versions that measure alike, a sentence for each; none for a single version."""
    listed = [explained()[code] for code in sorted(codes & explained().keys())] if len(codes) > 1 else []
    return [f"Version {one.code[:8]} differs from {one.measures_like[:8]}: {one.differs}." for one in listed]
