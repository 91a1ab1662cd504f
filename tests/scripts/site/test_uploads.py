"""A room of machines sends files: only valid shares are kept, and nobody fills the disk or guesses the code."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from scripts.atlas.collect import collect
from scripts.atlas.share_format import LARGEST_BYTES, SUFFIX, Share, decode, encode
from scripts.site import uploads
from scripts.site.uploads import MOST_ATTEMPTS, MOST_EACH, MOST_IN_ALL, WINDOW_S, RefusedError, Uploads, is_local
from tests.scripts.atlas.fleet import share
from tests.scripts.atlas.test_atlas import HOSTILE, damaged

CODE = "K7QF3M"
PEER = "192.168.1.20"


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def taking(tmp_path: Path, clock: Clock) -> Uploads:
    return Uploads(tmp_path / "shares", CODE, clock)


def machine(seed: int) -> Share:
    return share([1.4, 0.9], np.random.default_rng(seed))


def kept(taking: Uploads) -> list[Path]:
    return sorted(taking.folder.iterdir()) if taking.folder.exists() else []


def status(taking: Uploads, peer: str = PEER, code: str = CODE) -> int:
    try:
        taking.admit(peer, code)
    except RefusedError as refusal:
        return refusal.status
    return 200


def means_the_same(data: bytes, good: bytes) -> bool:
    """Whether the damage changed nothing that is read: a space at the end, the seventeenth digit of a number."""
    try:
        return len(data) <= LARGEST_BYTES and bool(json.loads(data) == json.loads(good))
    except (ValueError, RecursionError):
        return False


def test_a_valid_share_is_kept_as_it_was_made(taking: Uploads) -> None:
    one = machine(1)
    assert taking.take(PEER, b"  " + encode(one)).startswith("Thank you: 6 cells and 2 verdicts of Intel Core i7")
    assert [path.read_bytes() for path in kept(taking)] == [encode(one)]
    assert len(collect([taking.folder]).entries) == 1


def test_the_same_run_sent_twice_counts_once(taking: Uploads) -> None:
    taking.take(PEER, encode(machine(1)))
    assert taking.take("192.168.1.21", encode(machine(1))) == "This run is here already."
    assert len(kept(taking)) == 1


def test_of_500_damaged_or_hostile_files_none_is_kept(taking: Uploads) -> None:
    rng, good = random.Random(3), encode(share([1.4], np.random.default_rng(2)))
    files = [damaged(good, rng) for _ in range(500)]
    files += [good.replace(b"Intel Core i7", text.encode("unicode_escape")) for text in HOSTILE]
    refused = 0
    for data in files:
        if means_the_same(data, good):
            continue
        with pytest.raises(RefusedError, match="Not taken") as refusal:
            taking.take(PEER, data)
        refused += 1
        assert refusal.value.status == 422
    assert refused > 450
    assert kept(taking) == []


def test_no_name_of_a_senders_choice_reaches_the_disk(taking: Uploads) -> None:
    value = json.loads(encode(machine(1)))
    for text in ("../../evil", "/etc/passwd", "a\x00b"):
        with pytest.raises(RefusedError):
            taking.take(PEER, json.dumps(value | {"hash": text}).encode())
    taking.take(PEER, encode(machine(1)))
    assert [path.name.removesuffix(SUFFIX).isalnum() for path in kept(taking)] == [True]


def test_a_wrong_code_keeps_nobody_in_and_a_guesser_is_stopped(taking: Uploads, clock: Clock) -> None:
    answers = [status(taking, code=f"AAAAA{letter}") for letter in uploads.ALPHABET]
    assert answers == [403] * MOST_ATTEMPTS + [429] * (len(answers) - MOST_ATTEMPTS)
    assert status(taking) == 429  # the right code does not help who tried too many
    assert status(taking, "192.168.1.21") == 200
    clock.now_s += WINDOW_S + 1
    assert status(taking) == 200


def test_the_code_is_taken_as_people_type_it(taking: Uploads) -> None:
    assert status(taking, code=" k7qf3m ") == 200
    assert status(taking, code="K7QF3M\u0430") == 403
    assert status(taking, code="") == 403


def test_a_room_that_sends_at_once_is_slowed_down_as_a_whole(taking: Uploads, clock: Clock) -> None:
    answers = [status(taking, f"10.0.{number // 250}.{number % 250}") for number in range(MOST_IN_ALL + 5)]
    assert answers == [200] * MOST_IN_ALL + [429] * 5
    assert len(taking.attempts) == MOST_IN_ALL  # who is refused takes no memory
    clock.now_s += WINDOW_S + 1
    assert status(taking) == 200
    assert len(taking.attempts) == 1


def test_one_machine_sends_a_few_runs_and_no_more(taking: Uploads) -> None:
    for seed in range(MOST_EACH):
        taking.take(PEER, encode(machine(seed)))
    assert status(taking) == 429
    assert status(taking, "192.168.1.21") == 200


def test_a_full_folder_takes_no_more(taking: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_KEPT", 2)
    for seed in range(2):
        taking.take(PEER, encode(machine(seed)))
    with pytest.raises(RefusedError, match="more are not kept") as refusal:
        taking.take(PEER, encode(machine(9)))
    assert refusal.value.status == 507
    assert len(kept(taking)) == 2


@pytest.mark.parametrize(
    ("peer", "local"),
    [
        ("192.168.1.20", True),
        ("10.1.2.3", True),
        ("172.20.0.9", True),
        ("169.254.3.4", True),
        ("fe80::1", True),
        ("fd00::5", True),
        ("::ffff:192.168.1.20", True),
        ("127.0.0.1", True),
        ("8.8.8.8", False),
        ("2001:4860:4860::8888", False),
        ("::ffff:8.8.8.8", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_only_the_local_network_may_send(taking: Uploads, peer: str, local: bool) -> None:
    assert is_local(peer) is local
    assert status(taking, peer) == (200 if local else 403)


def test_codes_differ_and_have_no_letter_that_is_mistaken_on_a_projector() -> None:
    codes = {uploads.new_code() for _ in range(200)}
    assert len(codes) > 195
    assert not set("".join(codes)) & set("0O1IB8S5Z2")


def test_what_was_taken_decodes_as_it_stands_on_disk(taking: Uploads) -> None:
    taking.take(PEER, encode(machine(4)))
    assert decode(kept(taking)[0].read_bytes()) == machine(4)
