"""Templates of the site as answers."""

from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

templates = Environment(loader=PackageLoader("scripts.site"), autoescape=True, undefined=StrictUndefined)


def page(template: str, status: int = 200, **values: Any) -> web.Response:
    """A template as a page."""
    text = templates.get_template(template).render(**values)
    return web.Response(text=text, status=status, content_type="text/html")


def error_page(status: int, sentence: str) -> web.Response:
    """A page with an error sentence."""
    return page("problem.html", status, here="", sentence=sentence)
