"""Numbers for readers: three significant digits, and a fitting unit."""

import math
from collections.abc import Callable, Iterable

Format = Callable[[float], str]
LONGEST = 19  # letters of a name: as many as the longest of ours has


def digits(value: float) -> str:
    """Three significant digits, two below 1, and no exponent: 0.97, 18.9, 12,300."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    rounded = round(value, decimals(value))
    return f"{rounded:,.{max(decimals(rounded), 0)}f}"


def decimals(value: float) -> int:
    """How many decimals `digits` leaves; negative left of the point."""
    size = math.floor(math.log10(abs(value)))
    return (2 if size >= 0 else 1) - size


def times(value: float) -> str:
    """A ratio: 18.9×."""
    return f"{digits(value)}×"


def seconds(value: float) -> str:
    """A duration: 85.0 µs, 12.3 ms, 1.50 s, 170 min, 10 h."""
    if value >= 1e4:
        return f"{value / 3600:,.0f} h" if value >= 3.6e4 else f"{value / 60:,.0f} min"
    if value == 0:
        return "0 s"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.9995 * size:
            return f"{digits(value / size)} {unit}"
    return f"{digits(value / 1e-9)} ns"


def percent(share: float, decimals: int = 0) -> str:
    """A share: 51 %."""
    return f"{100 * share:.{decimals}f} %"


def json_number(value: float) -> float | None:
    """The number as JSON can have it: None for NaN and infinity."""
    return float(value) if math.isfinite(value) else None


def bytes_text(value: float) -> str:
    """Bytes: 900 B, 12.3 KiB, 4.50 MiB."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value >= 0.9995 * size:
            return f"{digits(value / size)} {unit}"
    return f"{digits(value)} B"


def rate(value: float) -> str:
    """Tasks in a second: 1,250/s."""
    return f"{digits(value)}/s"


def count_text(value: float) -> str:
    """A count."""
    return f"{value:,.0f}"


def plural(count: int, noun: str) -> str:
    """A count with its noun: `1 block`, `1,200 blocks`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def tick(form: Format) -> Format:
    """A format without trailing zeros, for axes: `1.00 ms` becomes 1 ms."""

    def short(value: float) -> str:
        if value == 0:
            return "0"
        number, space, unit = form(value).partition(" ")
        sign = "×" if number.endswith("×") else "/s" if number.endswith("/s") else ""
        bare = number.removesuffix(sign) if sign else number
        return (bare.rstrip("0").rstrip(".") if "." in bare else bare) + sign + space + unit

    return short


def between(low: float, high: float, form: Format) -> str:
    """An interval: 18.2 to 19.6; empty when there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    left, right = form(low), form(high)
    for sign in ("×", "/s"):
        left = left.removesuffix(sign)
    number, space, unit = left.partition(" ")
    return f"{number}–{right}" if space and right.endswith(f" {unit}") else f"{left}–{right}"


def short(name: str, longest: int = LONGEST) -> str:
    """A name, shortened to LONGEST letters."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def listed(parts: Iterable[str]) -> str:
    """One, two and three."""
    parts = list(parts)
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def shortened(text: str, width: int) -> str:
    """The text in one line of so many columns; what is between brackets is not markup."""
    return short(" ".join(text.split()).replace("[", "(").replace("]", ")"), max(width, 1))


def last_line(output: str) -> str:
    """The last line of what a program printed."""
    return next(reversed(output.strip().splitlines()), "it printed nothing")
