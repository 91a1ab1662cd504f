"""The parts that our pages share: one file each, no network, results as text only.

A content security policy inside the page lets it load nothing at all, and run only the scripts whose hashes it names:
so a name from a result file could become neither a request nor a program, even if an escape were forgotten.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from scripts.util.atomic_write import atomic_write

ROOT = Path(__file__).parents[2]
TEMPLATES = Path(__file__).parent / "templates"
SHOWN_FOLDER = ROOT / "benchmarks"  # only what was measured is ever shown, whatever a result file names


def code_anchor(path: str) -> str:
    """The id of a file's code on a page."""
    return "code-" + "".join(letter if letter.isalnum() else "-" for letter in path)


@cache
def code(path: str) -> Markup | None:
    """A file of the benchmarks, highlighted; None when there is no such file in this version."""
    file = (ROOT / path).resolve()
    if not (file.is_relative_to(SHOWN_FOLDER) and file.suffix == ".py" and file.is_file()):
        return None
    return Markup(highlight(file.read_text(encoding="utf-8"), PythonLexer(), HtmlFormatter(nowrap=True)))


def code_style(name: str) -> Markup:
    """The colours of highlighted code."""
    return Markup(HtmlFormatter(style=name).get_style_defs("pre"))  # type: ignore[no-untyped-call]


def listing(paths: Iterable[str]) -> list[dict[str, Any]]:
    """Each file once, with its anchor and its code."""
    files = ((path, code(path)) for path in dict.fromkeys(paths))
    return [{"path": path, "anchor": code_anchor(path), "html": html} for path, html in files if html is not None]


@cache
def script(name: str) -> Markup:
    """A script of ours, to stand inside a page."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def prose(text: str) -> Markup:
    """A sentence whose `names` are set as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def policy(scripts: Sequence[str]) -> str:
    """A content security policy that loads nothing and allows these scripts only."""
    hashes = " ".join(f"'sha256-{b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts)
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {hashes}; base-uri 'none'"


def render(template: str, scripts: Sequence[Markup], **values: Any) -> str:
    """A page from its template, with the scripts that it runs."""
    environment = Environment(
        loader=PackageLoader("scripts.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(code_anchor=code_anchor, prose=prose)
    return environment.get_template(template).render(
        scripts=scripts,
        policy=policy(scripts),
        light=code_style("default"),
        dark=code_style("github-dark"),
        **values,
    )


def write_page(path: Path, page: str) -> Path:
    """Write the page atomically."""
    with atomic_write(path) as file:
        file.write_text(page, encoding="utf-8")
    return path
