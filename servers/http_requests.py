"""Requests that a server of ours does not answer: those that are malformed, and those of other sites."""

import ipaddress
import logging
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from aiohttp.http_exceptions import HttpProcessingError


class NoTraceback(logging.Filter):
    """Drops what aiohttp says of a request that is none: it was answered with 400, and a traceback helps nobody."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is kept."""
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def ignore_malformed_requests() -> None:
    """Print nothing about requests that cannot be parsed."""
    logging.getLogger("aiohttp.server").addFilter(NoTraceback())


def from_another_site(headers: Mapping[str, str], host: str) -> bool:
    """Whether a page of another origin makes a browser send this request.

    A browser says so itself (Sec-Fetch-Site), where it can; and an Origin that is not ours says it too.
    """
    site, origin = headers.get("Sec-Fetch-Site", "none"), headers.get("Origin")
    return site not in ("none", "same-origin") or (origin is not None and origin.partition("://")[2] != host)


@lru_cache(64)
def is_loopback(host: str) -> bool:
    """Whether a host name, with or without a port, means this machine only."""
    name = hostname(host)
    return name == "localhost" or (is_address(host) and ipaddress.ip_address(name).is_loopback)


@lru_cache(64)
def is_address(host: str) -> bool:
    """Whether a host name, with or without a port, is an address as a number."""
    try:
        return bool(ipaddress.ip_address(hostname(host)))
    except ValueError:
        return False


def hostname(host: str) -> str:
    """The name without the port; empty where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
