"""The replay of a race as one file: it needs no server and no network, in a browser or inside a slide.

The page's own modules are joined into one script, without their imports and exports: no name may stand in two of them.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
MODULES = ("dots", "record", "replay", "lanes", "stage", "saved")  # each after those that it imports
IMPORT, EXPORT = re.compile(r"^import .*;\n", re.MULTILINE), re.compile(r"^export ", re.MULTILINE)


def script() -> str:
    """The modules of a saved replay as one."""
    return "\n".join(EXPORT.sub("", IMPORT.sub("", (STATIC / f"{name}.js").read_text())) for name in MODULES)


def work(request: dict[str, Any]) -> str:
    """The race in a sentence."""
    computing = f", {request['cpu_percent']} % of it computing" if request["cpu_percent"] else ""
    blocked = "; coroutines call a blocking client" if request["blocks_loop"] else ""
    size = f"{request['tasks']:,} tasks of {request['delay_ms']} ms"
    return f"{size}{computing}, concurrency {request['concurrency']}{blocked}."


def values(history: Sequence[str], colours: dict[str, str]) -> dict[str, Any] | None:
    """The variables of the template; None while no race has ended with a result."""
    messages = [json.loads(text) for text in history]
    if not messages or messages[0]["kind"] != "race" or not messages[-1].get("headline"):
        return None
    recorded = {"messages": messages, "colours": colours}
    style = (STATIC / "style.css").read_text()
    content = {"headline": messages[-1]["headline"], "work": work(messages[0]["request"])}
    return content | {"style": style, "script": script(), "recorded": recorded}
