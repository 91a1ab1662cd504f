"""What the text of a user's file gives away: calls whose answer is thrown away, and that do nothing without it.

A coroutine that is thrown away says so itself; a generator does not. Only calls whose name is known are looked at.
"""

import ast
from collections.abc import Iterator
from inspect import isasyncgenfunction, isgeneratorfunction
from pathlib import Path
from types import ModuleType
from typing import Any


def thrown_away(module: ModuleType) -> str:
    """The first call of a generator function that nothing goes through, in words; empty without one."""
    file = Path(module.__file__ or "")
    if file.suffix != ".py" or not file.is_file():
        return ""
    unused = (described(call, module, file) for call in statements(ast.parse(file.read_bytes())))
    return next(filter(None, unused), "")


def statements(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that are a statement of their own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node.value


def described(call: ast.Call, module: ModuleType, file: Path) -> str:
    """Why a call does nothing, and what to write; empty where it may do something."""
    name = ast.unparse(call.func)
    function = looked_up(name, module)
    start = f"{file.name}, line {call.lineno}: {name}(…)"
    if function is anext:
        return f"{start} is not awaited, so its work is not done. Next: await {name}(…)"
    if isasyncgenfunction(function) or isgeneratorfunction(function):
        loop = "async for" if isasyncgenfunction(function) else "for"
        return f"{start} makes a generator and nothing goes through it. Next: {loop} … in {name}(…)"
    return ""


def looked_up(dotted: str, module: ModuleType) -> Any:
    """What a name at the top of the module stands for; None where it is another's, or local."""
    first, *rest = dotted.split(".")
    thing = vars(module).get(first, anext if first == "anext" else None)
    for name in rest:
        thing = getattr(type(thing), name, None) or vars(thing).get(name) if hasattr(thing, "__dict__") else None
    return thing
