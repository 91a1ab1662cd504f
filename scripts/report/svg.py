"""The drawings of a run inside a page: one SVG that is light or dark as its reader likes it.

Light and dark are laid out alike and differ in colours only, so one drawing holds both: where they differ it says
`var(--c7)`, and its style sheet says which colour that is in which scheme. That halves the page.
"""

import re
from itertools import count
from urllib.parse import quote

from markupsafe import Markup

COLOUR = re.compile(r"(#[0-9a-f]{6})\b")
# Ids that matplotlib makes of what they name, colours included.
GENERATED_ID = re.compile(r'\bid="([a-zA-Z][0-9a-f]{10})"')
SAFE = " !'()*+,-./:;<=>?@_~{}"  # needs no escape in a quoted attribute


def without_colour_ids(svg: str) -> str:
    """The drawing without its description, and with ids that do not depend on its colours."""
    svg = re.sub(r"<metadata>.*?</metadata>|<\?xml.*?\?>|<!DOCTYPE.*?>", "", svg, flags=re.DOTALL)
    names = dict(zip(dict.fromkeys(GENERATED_ID.findall(svg)), (f"i{place}" for place in count()), strict=False))
    return re.sub(
        r'(?<=#)[a-zA-Z][0-9a-f]{10}\b|(?<=id=")[a-zA-Z][0-9a-f]{10}(?=")',
        lambda match: names.get(match[0], match[0]),
        svg,
    )


def adaptive(light: str, dark: str) -> str | None:
    """Both drawings in one; None when they differ in more than colours."""
    one, other = COLOUR.split(without_colour_ids(light)), COLOUR.split(without_colour_ids(dark))
    if len(one) != len(other) or one[::2] != other[::2]:
        return None
    pairs = list(zip(one[1::2], other[1::2], strict=True))
    names = {
        pair: f"c{place}" for place, pair in enumerate(dict.fromkeys(each for each in pairs if each[0] != each[1]))
    }
    painted = [f"var(--{names[pair]})" if pair in names else pair[0] for pair in pairs]
    svg = "".join(part for both in zip(one[::2], [*painted, ""], strict=True) for part in both)
    sheet = f"svg{{{rules(names, 0)}}}@media (prefers-color-scheme:dark){{svg{{{rules(names, 1)}}}}}"
    return re.sub(r"(<svg\b[^>]*>)", lambda match: f"{match[1]}<style>{sheet}</style>", svg, count=1)


def rules(names: dict[tuple[str, str], str], scheme: int) -> str:
    """The colours by name in a scheme."""
    return ";".join(f"--{name}:{pair[scheme]}" for pair, name in names.items())


def data_uri(svg: str) -> Markup:
    """The drawing as an address of its own, so that ids of two drawings never meet.

    Without the line ends between its elements and in the words of SVG 2, it is a sixth smaller.
    """
    svg = re.sub(r">\n+<", "><", svg).replace("xlink:href", "href")
    shorter = svg if "'" in svg else svg.replace('"', "'")  # one of them needs no escape
    return Markup("data:image/svg+xml," + quote(shorter, safe=SAFE))
