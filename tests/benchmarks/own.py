"""Files that a user could have written."""

from pathlib import Path

NAPS = """
import time
TASKS = range(12)
def work(task):
    time.sleep(0.005)
    return task * 2
"""
BOTH = (
    NAPS
    + """
import asyncio
async def awork(task):
    await asyncio.sleep(0.005)
    return task * 2
"""
)


def written(folder: Path, text: str, name: str = "mywork.py") -> str:
    """The file, written; WORK names it so."""
    path = folder / name
    path.write_text(text)
    return str(path)
