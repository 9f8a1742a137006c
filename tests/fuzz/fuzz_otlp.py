"""Coverage-guided fuzzing (atheris) of everything a stranger's bytes pass through.

    python tests/fuzz/fuzz_otlp.py -max_total_time=60 [CORPUS]

An input is two bytes that choose signal, encoding and compression, and a body. Each must be accepted or
refused in words; what the door accepts, the decoder must read, and with compiled code as without.
"""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-untyped,unused-ignore]

with atheris.instrument_imports(include=["roadworthy"]):
    from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
    from roadworthy.doors.otlp.compression import inflater
    from roadworthy.doors.otlp.refusal import Refused
    from roadworthy.features.ingest import wire
    from roadworthy.features.ingest.decode import decode
    from roadworthy.features.ingest.otlp_body import parse_body
    from roadworthy.features.ingest.validate import BadBody, validate

SIGNALS = (Signal.TRACES, Signal.LOGS, Signal.METRICS)
COMPRESSIONS = ("", "gzip", "deflate")
MAX_BYTES = 16 << 20


def unpack(data: bytes, compression: str) -> bytes | None:
    """The body, or None where it was refused."""
    pieces: list[bytes] = []
    unpacker = inflater(compression)
    try:
        for piece in unpacker.feed(data):
            pieces.append(piece)
            if sum(map(len, pieces)) > MAX_BYTES:
                return None
        unpacker.finish()
    except Refused as refused:
        assert refused.message
        return None
    return b"".join(pieces)


def one_input(data: bytes) -> None:
    if len(data) < 2:
        return
    signal = SIGNALS[data[0] % 3]
    encoding = Encoding.JSON if data[0] & 0x80 else Encoding.PROTOBUF
    # Nearly always uncompressed: few mutations of compressed bytes can be unpacked.
    body = unpack(data[2:], COMPRESSIONS[data[1] % 3] if data[1] & 0xF0 == 0xF0 else "")
    if body is None:
        return
    try:
        acceptance = validate(signal, encoding, body, project="fuzz")
    except BadBody as bad:
        assert bad.code
        assert bad.message
        return
    record = IntakeRecord(project="fuzz", signal=signal, encoding=encoding, received_ns=1, body=body)
    decoded = decode(record, version=1)
    if signal is Signal.TRACES:
        assert len(decoded.spans) == acceptance.accepted
        by_message = wire.of_message(parse_body(signal, encoding, body))
        assert repr(wire.read_traces(record)) == repr(by_message)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
