"""The servers with a thread for each client: the protocols as far as the crowd speaks them, over a pair of sockets."""

import socket
import time
from collections.abc import Iterator
from io import BytesIO
from threading import Thread

import pytest

from benchmarks.probes import _threaded_servers, chat_broadcast
from benchmarks.probes._threaded_servers import Room, attend, head, read_text


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def clients(room: Room) -> Iterator[list[socket.socket]]:
    """Two clients who have been welcomed."""
    pairs = [socket.socketpair() for _ in range(2)]
    serving = [Thread(target=attend, args=(theirs, room.chat)) for _, theirs in pairs]
    for thread, (ours, _) in zip(serving, pairs, strict=True):
        thread.start()
        ours.settimeout(10)
        ours.sendall(chat_broadcast.UPGRADE)
        assert ours.recv(1000).endswith(b"\r\n\r\n")
    yield [ours for ours, _ in pairs]
    for ours, _ in pairs:
        ours.close()
    for thread in serving:
        thread.join(10)
    assert not room.everyone


def test_everyone_hears_what_one_says_and_nobody_who_has_left_holds_it_up(
    room: Room, clients: list[socket.socket]
) -> None:
    clients[0].sendall(chat_broadcast.frame(7, masked=True))
    for client in clients:
        assert client.recv(1000) == chat_broadcast.frame(7, masked=False)
    clients[1].close()
    clients[0].sendall(chat_broadcast.frame(8, masked=True))
    assert clients[0].recv(1000) == chat_broadcast.frame(8, masked=False)


def test_the_handshake_is_that_of_the_standard() -> None:
    ours, theirs = socket.socketpair()
    serving = Thread(target=attend, args=(theirs, Room().chat))
    serving.start()
    with ours:
        ours.sendall(b"GET /chat HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in ours.recv(1000)  # RFC 6455, 1.2
    serving.join(10)


def test_a_mask_is_taken_off() -> None:
    frame = bytes.fromhex("8185 37fa213d 7f9f4d5158")  # RFC 6455, 5.7: a masked "Hello"
    assert read_text(BytesIO(frame)) == b"Hello"


@pytest.mark.parametrize("left", [b"", b"\x81", b"\x88\x80\0\0\0\0"])
def test_a_client_that_leaves_says_nothing(left: bytes) -> None:
    assert read_text(BytesIO(left)) == b""


def test_a_head_ends_at_its_empty_line() -> None:
    reader = BytesIO(b"GET / HTTP/1.1\r\nHost: here\r\nA:b\r\n\r\nbody")
    assert head(reader)[b"host"] == b"here"
    assert reader.read() == b"body"


def test_a_feed_keeps_to_the_ticks_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [5.03], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds + (0.25 if len(slept) == 2 else 0.01)

    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "sleep", sleep)
    sent = list[bytes]()

    class Full:
        def sendall(self, data: bytes) -> None:
            if len(sent) == 6:
                raise OSError
            sent.append(data)

    with pytest.raises(OSError):  # noqa: PT011 - the client has left
        _threaded_servers.feed(10, lambda tick: b"%d" % tick)(Full(), BytesIO(b"\r\n"))  # type: ignore[arg-type]
    assert sent[1:] == [b"51", b"52", b"53", b"54", b"55"]
    assert slept[:3] == pytest.approx([0.07, 0.09, 0])
