"""Shares sent by other machines, with limits on senders, number and rate; only valid shares are kept.

What arrives is decoded and checked in memory, and written anew from what was understood: no byte, and no name, of the
sender reaches the disk. It is refused with a sentence, and so is a machine that tries codes or sends too often.
"""

import ipaddress
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from scripts.atlas.plausibility import implausible
from scripts.atlas.share_format import SUFFIX, Share, ShareError, decode, encode, measurement_hash
from scripts.util.atomic_write import atomic_write
from scripts.util.format import plural

ALPHABET = "ACDEFGHJKLMNPQRTUVWXY34679"  # nothing that is mistaken for another on a projector: B and 8, O and 0
CODE_LETTERS = 6  # 309 million codes; at MOST_ATTEMPTS a minute, a talk is far too short to guess one
WINDOW_S = 60.0
MOST_ATTEMPTS, MOST_IN_ALL = 10, 300  # in a window: of one machine, who has a few runs to send; of a large room
MOST_EACH, MOST_KEPT = 5, 5_000  # files of one machine, files in the folder: 1.5 GB at most


class RefusedError(Exception):
    """Why a share is not taken, and the HTTP status that says so."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def new_code() -> str:
    """A code to show on the projector."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))


def is_local(peer: str) -> bool:
    """Whether an address is one of a local network, or this machine's own."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_global


@dataclass
class Uploads:
    """The shares that were taken into a folder; `clock` gives seconds."""

    folder: Path
    code: str
    clock: Callable[[], float] = time.monotonic
    attempts: deque[tuple[float, str]] = field(default_factory=deque)
    kept: dict[str, int] = field(default_factory=dict)

    def admit(self, peer: str, code: str) -> None:
        """Whether a machine may send now. Raises RefusedError."""
        if not is_local(peer):
            raise RefusedError(403, "Shares are taken from the local network only.")
        self.count(peer)
        if not secrets.compare_digest(code.strip().upper().encode(), self.code.encode()):
            raise RefusedError(403, "The code is wrong: it stands on the projector.")
        if self.kept.get(peer, 0) >= MOST_EACH:
            raise RefusedError(429, f"This machine has sent {MOST_EACH} shares, and more are not taken from one.")

    def count(self, peer: str) -> None:
        """Count an attempt. Raises RefusedError for too many in a window."""
        now = self.clock()
        while self.attempts and now - self.attempts[0][0] > WINDOW_S:
            self.attempts.popleft()
        own = sum(one == peer for _, one in self.attempts)
        if own >= MOST_ATTEMPTS or len(self.attempts) >= MOST_IN_ALL:
            raise RefusedError(429, "Too many in a minute. Send it again in a moment.")
        self.attempts.append((now, peer))

    def take(self, peer: str, data: bytes) -> str:
        """Keep a valid share; what became of it, in a sentence. Raises RefusedError."""
        share = checked(data)
        path = self.folder / f"{measurement_hash(share)[:16]}{SUFFIX}"
        if path.exists():
            return "This run is here already."
        self.folder.mkdir(parents=True, exist_ok=True)
        if len(list(self.folder.glob(f"*{SUFFIX}"))) >= MOST_KEPT:
            raise RefusedError(507, f"The folder has {MOST_KEPT:,} shares, and more are not kept.")
        with atomic_write(path) as file:
            file.write_bytes(encode(share))
        self.kept[peer] = self.kept.get(peer, 0) + 1
        return (
            f"Thank you: {plural(len(share.cells), 'cell')} and {plural(len(share.claims), 'verdict')} of {share.name}."
        )


def checked(data: bytes) -> Share:
    """The share in these bytes. Raises RefusedError where there is none, or it cannot be true."""
    try:
        share = decode(data)
    except ShareError as problem:
        raise RefusedError(422, f"Not taken: {problem}") from None
    if reason := implausible(share):
        raise RefusedError(422, f"Not taken: {reason}")
    return share
