"""
The frames of the long connection: protobuf, read and written by hand because there are two small messages of it.

Field numbers from the vendor's SDK (`lark_oapi/ws/pb/pbbp2_pb2.py`):
Frame{1 SeqID, 2 LogID, 3 service, 4 method, 5 headers[{1 key, 2 value}],
6 payload_encoding, 7 payload_type, 8 payload, 9 LogIDNew}.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CONTROL, DATA = 0, 1
VARINT, BYTES = 0, 2


@dataclass(frozen=True)
class Frame:
    """One frame: a control word (ping, pong) or a part of an event, or the answer to one."""

    method: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    payload: bytes = b""
    service: int = 0
    sequence: int = 0
    log: int = 0

    def encode(self) -> bytes:
        """The frame on the wire."""
        numbers = b"".join(_number(at, value) for at, value in ((1, self.sequence), (2, self.log), (3, self.service), (4, self.method)))
        headers = b"".join(_bytes(5, _bytes(1, key.encode()) + _bytes(2, value.encode())) for key, value in self.headers.items())
        return numbers + headers + (_bytes(8, self.payload) if self.payload else b"")


def decode(wire: bytes) -> Frame:
    """A frame from the wire. Raises ValueError for what is not one."""
    numbers: dict[int, int] = {}
    texts: dict[int, bytes] = {}
    headers: dict[str, str] = {}
    for at, value in _fields(wire):
        if isinstance(value, int):
            numbers[at] = value
        elif at == 5:
            pair = {inner: text for inner, text in _fields(value) if isinstance(text, bytes)}
            headers[pair.get(1, b"").decode()] = pair.get(2, b"").decode()
        else:
            texts[at] = value
    return Frame(numbers.get(4, 0), headers, texts.get(8, b""), numbers.get(3, 0), numbers.get(1, 0), numbers.get(2, 0))


def _fields(wire: bytes) -> list[tuple[int, int | bytes]]:
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(wire):
        key, at = _varint(wire, at)
        value, at = _varint(wire, at)
        match key & 7:
            case 0:
                found.append((key >> 3, value))
            case 2:
                if at + value > len(wire):
                    raise ValueError("the frame ends too early")
                found.append((key >> 3, wire[at : at + value]))
                at += value
            case other:
                raise ValueError(f"wire type {other} is not used in frames")
    return found


def _varint(wire: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(wire) or shift > 63:
            raise ValueError("the frame ends too early")
        value |= (wire[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not wire[at - 1] & 0x80:
            return value, at


def _coded(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(at: int, value: int) -> bytes:
    return _coded(at << 3 | VARINT) + _coded(value)


def _bytes(at: int, value: bytes) -> bytes:
    return _coded(at << 3 | BYTES) + _coded(len(value)) + value
