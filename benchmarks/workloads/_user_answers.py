"""Whether two answers of a user's function are alike, and what keeps one from being sent to another process."""

import pickle
from contextlib import suppress
from typing import Any


def same(one: Any, other: Any) -> bool:
    """Whether two answers are alike: equal, or alike inside where equality is no help (NaN, arrays, plain objects)."""
    with suppress(Exception):
        if one == other:
            return True
    with suppress(Exception):
        return inside(one) == inside(other)
    return False


def same_kind(one: Any, other: Any) -> bool:
    """Whether two answers that need not be equal could come from the same work: both something, or both nothing."""
    return (one is None) == (other is None) and (type(one) is type(other) or is_number(one) == is_number(other) is True)


def is_number(value: Any) -> bool:
    """Whether it is a number: 0 and 0.5 are of one kind."""
    return isinstance(value, int | float)


def inside(answer: Any) -> bytes:
    """All that an answer holds; pickled twice, because what came from another process was pickled once already."""
    return pickle.dumps(pickle.loads(pickle.dumps(answer)))


def unpicklable(value: Any, name: str, depth: int = 3) -> str:
    """The innermost part of a value that cannot be pickled, by name, and why; empty when all of it can."""
    try:
        pickle.dumps(value)
    except Exception as problem:
        parts = parts_of(value, name) if depth else {}
        inner = (unpicklable(part, called, depth - 1) for called, part in parts.items())
        return next(filter(None, inner), f"{name}, a {type(value).__name__}, cannot be pickled: {problem}")
    return ""


def parts_of(value: Any, name: str) -> dict[str, Any]:
    """What a value is made of."""
    if isinstance(value, dict):
        return {f"{name}[{key!r}]": part for key, part in value.items()}
    if isinstance(value, list | tuple):
        return {f"{name}[{place}]": part for place, part in enumerate(value)}
    return {f"{name}.{key}": part for key, part in getattr(value, "__dict__", {}).items()}
