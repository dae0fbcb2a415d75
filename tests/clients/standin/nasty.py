"""The ways in which an upstream misbehaves, chosen by the name of the model that is asked for."""

import gzip
import json
import threading
import time

GIGABYTE = 1 << 30
SLOW_SECONDS = 3.0
"""How long `nasty-slow` is silent before its first byte."""
ENDLESS_SECONDS = 60.0
ENDLESS_EVERY_SECONDS = 0.05

_turns: dict[str, int] = {}
_turns_lock = threading.Lock()


def misbehave(exchange, model: str, made) -> bool:
    """Answers the exchange badly if its model's name asks for that; says whether it did."""
    way = WAYS.get(model)
    if way is None:
        return False
    return way(exchange, made)


def _split_utf8(exchange, made) -> bool:
    """Every byte in a chunk of its own, so that each character beyond ASCII is torn."""
    exchange.begin(200, "text/event-stream" if exchange.streamed else "application/json")
    for byte in exchange.encoded(made):
        exchange.chunk(bytes([byte]))
    exchange.end()
    return True


def _hangup(exchange, made) -> bool:
    """Half of the answer, to the middle of an event, then the connection goes away."""
    exchange.begin(200, "text/event-stream" if exchange.streamed else "application/json")
    encoded = exchange.encoded(made)
    exchange.chunk(encoded[: len(encoded) // 2])
    exchange.hang_up()
    return True


def _busy_once(exchange, _made) -> bool:
    """429 with `retry-after` for every first call, and a proper answer to the next."""
    with _turns_lock:
        _turns["429"] = _turns.get("429", 0) + 1
        odd = _turns["429"] % 2 == 1
    return _busy(exchange, _made) if odd else False


def _busy(exchange, _made) -> bool:
    exchange.fail(429, "rate_limit_exceeded", "slow down, says the stand-in", {"retry-after": "1"})
    return True


def _broken(exchange, _made) -> bool:
    exchange.fail(500, "server_error", "the stand-in is broken on purpose")
    return True


def _error_in_success(exchange, _made) -> bool:
    """Status 200, and an error where the answer should be."""
    error = exchange.error("server_error", "the stand-in fails with status 200")
    if exchange.streamed:
        exchange.begin(200, "text/event-stream")
        exchange.chunk(exchange.sse([("error", error)]))
        exchange.end()
    else:
        exchange.json(200, error)
    return True


def _slow(exchange, made) -> bool:
    time.sleep(SLOW_SECONDS)
    exchange.begin(200, "text/event-stream" if exchange.streamed else "application/json")
    encoded = exchange.encoded(made)
    for start in range(0, len(encoded), max(1, len(encoded) // 20)):
        exchange.chunk(encoded[start : start + max(1, len(encoded) // 20)])
        time.sleep(0.02)
    exchange.end()
    return True


def _gigabyte(exchange, _made) -> bool:
    """A gigabyte inside one JSON string or one event; notes how much of it was taken."""
    exchange.begin(200, "text/event-stream" if exchange.streamed else "application/json")
    exchange.chunk(b'data: {"id":"' if exchange.streamed else b'{"id":"')
    block, taken = b"x" * (1 << 16), 0
    try:
        while taken < GIGABYTE:
            exchange.chunk(block)
            taken += len(block)
    finally:
        exchange.note({"bytes_taken": taken})
    exchange.end()
    return True


def _endless(exchange, made) -> bool:
    """The first event over and over, for a minute, or until nobody listens; for streams alone."""
    if not exchange.streamed:
        return False
    exchange.begin(200, "text/event-stream")
    events = [event for event in made.events() if event[1] != "[DONE]"]
    head, word = exchange.sse(events[:1]), exchange.sse(events[1:2])
    exchange.chunk(head)
    for _ in range(int(ENDLESS_SECONDS / ENDLESS_EVERY_SECONDS)):
        exchange.chunk(word)
        time.sleep(ENDLESS_EVERY_SECONDS)
    exchange.end()
    return True


def _redirect(exchange, _made) -> bool:
    exchange.json(307, exchange.error("moved", "elsewhere"), {"location": f"/stolen{exchange.path}"})
    return True


def _gzip(exchange, made) -> bool:
    """An encoded answer that nobody asked for."""
    body = gzip.compress(exchange.encoded(made))
    exchange.plain(200, body, "text/event-stream" if exchange.streamed else "application/json", {"content-encoding": "gzip"})
    return True


def _garbage(exchange, _made) -> bool:
    kind = "text/event-stream" if exchange.streamed else "application/json"
    exchange.plain(200, b"data: {\x00\xff\xfe not json\n\n" + bytes(range(256)) + b"\n\n", kind)
    return True


def _duplicate(exchange, made) -> bool:
    """The same key twice: two parsers, two answers."""
    encoded = json.dumps(made.whole())
    exchange.plain(200, ('{"id":"another",' + encoded[1:]).encode(), "application/json")
    return True


WAYS = {
    "nasty-split-utf8": _split_utf8,
    "nasty-hangup": _hangup,
    "nasty-429": _busy_once,
    "nasty-429-always": _busy,
    "nasty-500": _broken,
    "nasty-200-error": _error_in_success,
    "nasty-slow": _slow,
    "nasty-gigabyte": _gigabyte,
    "nasty-endless": _endless,
    "nasty-redirect": _redirect,
    "nasty-gzip": _gzip,
    "nasty-garbage": _garbage,
    "nasty-duplicate-key": _duplicate,
}
