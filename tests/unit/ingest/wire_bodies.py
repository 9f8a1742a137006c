"""Bodies of traces in protobuf's wire format, ordinary and odd ones, of a seed."""

from __future__ import annotations

import random
import struct
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

VARINT, I64, LEN, GROUP, I32 = 0, 1, 2, 3, 5
_WIRES: dict[int, int] = {
    FieldDescriptor.TYPE_DOUBLE: I64,
    FieldDescriptor.TYPE_FIXED64: I64,
    FieldDescriptor.TYPE_FIXED32: I32,
    FieldDescriptor.TYPE_STRING: LEN,
    FieldDescriptor.TYPE_BYTES: LEN,
    FieldDescriptor.TYPE_MESSAGE: LEN,
}
_TEXTS = (
    "",
    "a",
    "service.name",
    "gen_ai.operation.name",
    "exception",
    "grün",
    "\x00",
    "日本",
    "x" * 49,
    "y" * 48,
)
_NUMBERS = (0, 1, 2, 3, 127, 128, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1)
_DOUBLES = (0.0, -0.0, 0.2, float("nan"), float("inf"), 1e300)


def varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def told(number: int, wire: int, value: int | bytes) -> bytes:
    """One field."""
    tag = varint(number << 3 | wire)
    if isinstance(value, bytes):
        return tag + varint(len(value)) + value
    if wire == VARINT:
        return tag + varint(value)
    return tag + (value % (1 << (64 if wire == I64 else 32))).to_bytes(8 if wire == I64 else 4, "little")


def wire_of(field: FieldDescriptor) -> int:
    return int(_WIRES.get(field.type, VARINT))


class Writer:
    """Writes messages along their descriptors. `odd` is the chance of each field to be what nobody sends."""

    def __init__(self, seed: int, *, odd: float) -> None:
        self._random = random.Random(seed)
        self._odd = odd
        self._left = 400

    def body(self) -> bytes:
        return self._message(ExportTraceServiceRequest.DESCRIPTOR, 0)

    def _message(self, descriptor: Any, depth: int) -> bytes:
        chance = self._random
        parts: list[bytes] = []
        single = "value" in descriptor.oneofs_by_name
        fields = list(descriptor.fields)
        if single:
            fields = chance.sample(fields, chance.randint(0, 1))
        if chance.random() < 0.3:
            chance.shuffle(fields)
        for field in fields:
            # What of newer conventions the compiled code leaves to its twin is odd, too.
            if field.name.endswith("strindex") and chance.random() >= self._odd:
                continue
            times = chance.choice((0, 1, 2, 3)) if field.is_repeated else chance.choice((0, 1, 1, 1))
            parts += [self._field(field, depth) for _ in range(times)]
        if chance.random() < self._odd:
            parts.insert(chance.randint(0, len(parts)), self._oddity(descriptor, depth))
        return b"".join(parts)

    def _field(self, field: FieldDescriptor, depth: int) -> bytes:
        self._left -= 1
        wire, chance = wire_of(field), self._random
        if field.message_type is not None:
            deeper = self._left > 0 and depth < 40
            return told(field.number, wire, self._message(field.message_type, depth + 1) if deeper else b"")
        if field.type == FieldDescriptor.TYPE_DOUBLE:
            return told(
                field.number, wire, struct.unpack("<Q", struct.pack("<d", chance.choice(_DOUBLES)))[0]
            )
        if field.type == FieldDescriptor.TYPE_BYTES:
            return told(field.number, wire, self._bytes(field.name))
        if wire == LEN:
            return told(field.number, wire, chance.choice(_TEXTS).encode())
        most = 4 if field.type == FieldDescriptor.TYPE_ENUM else len(_NUMBERS)
        return told(field.number, wire, chance.choice(_NUMBERS[:most]))

    def _bytes(self, name: str) -> bytes:
        chance = self._random
        wide = 16 if name == "trace_id" else 8
        ids = (bytes([chance.randint(1, 3)]) * wide, b"\xab" * wide)
        if name.endswith("_id") and chance.random() < 0.95:
            return chance.choice(ids)
        return chance.choice((b"", bytes(wide), b"\xff" * (wide + 1), b"\x01"))

    def _oddity(self, descriptor: Any, depth: int) -> bytes:
        chance = self._random
        field = chance.choice(descriptor.fields)
        number = chance.choice((*_NUMBERS, 2**40))
        return chance.choice(
            (
                lambda: self._field(field, depth),  # perhaps for the second time
                lambda: told(chance.choice((17, 100, 2_047)), VARINT, number),
                lambda: told(chance.choice((17, 2_048, 2**29 - 1)), LEN, b"what is new"),
                lambda: told(field.number, chance.choice((VARINT, I64, I32)), number),
                lambda: told(
                    field.number, LEN, chance.choice((b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"ok"))
                ),
                lambda: varint(20 << 3 | GROUP) + varint(20 << 3 | GROUP + 1),
                lambda: varint(field.number << 3 | LEN) + varint(2**64 - 1),
                lambda: bytes([field.number << 3 & 0x7F | 0x80, 0, 1]),
                lambda: varint(field.number << 3) + b"\xff" * chance.choice((8, 9, 10)) + b"\x01",
                lambda: bytes(chance.randint(1, 3)),
            )
        )()


def mutated(body: bytes, seed: int) -> bytes:
    """Some bytes changed, doubled, left out or moved."""
    chance, changed = random.Random(seed), bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 5))):
        if not changed:
            break
        at, length = chance.randrange(len(changed)), chance.choice((1, 1, 2, 9))
        piece = bytes(changed[at : at + length])
        match chance.randrange(5):
            case 0:
                changed[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = piece
            case 3:
                changed[at] ^= 1 << chance.randrange(8)
            case _:
                changed[chance.randrange(len(changed)) :] = piece
    return bytes(changed)
