"""HTTP responses as archives hold them: encodings undone where they are there, and left alone where they are not."""

import gzip
import io
import tracemalloc
import zlib

import pytest
import zstandard
from fastwarc.stream_io import BrotliWriter
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.stages.read.http import (
    TooLargeError,
    UndecodableError,
    charset,
    decode_body,
    media_type,
    parse_response,
)
from tests.warcs import response

PAGE = b"<p>" + bytes(range(256)) * 40
GARBAGE = bytes(range(128, 256)) * 10


def brotli(data):
    packed = io.BytesIO()
    with BrotliWriter(packed) as writer:
        writer.write(data)
    return packed.getvalue()


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def chunked(data, size=100):
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x;ext=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def decoded(body, limit=1 << 20, **headers):
    return decode_body(parse_response(response(body, **headers)), limit)


ENCODINGS = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("GZIP", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli),
    ("zstd", zstandard.ZstdCompressor().compress),
    ("identity", bytes),
    ("utf-8", bytes),
    ("gzip, br", lambda data: brotli(gzip.compress(data))),
]


@pytest.mark.parametrize(("name", "encode"), ENCODINGS)
def test_encodings_are_undone(name, encode):
    assert decoded(encode(PAGE), content_encoding=name) == PAGE


@pytest.mark.parametrize(("name", "encode"), ENCODINGS)
def test_encodings_inside_chunks_are_undone(name, encode):
    assert decoded(chunked(encode(PAGE)), content_encoding=name, transfer_encoding="chunked") == PAGE


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_was_decoded_before_it_was_stored_is_left_alone(name):
    assert decoded(PAGE, content_encoding=name, transfer_encoding="chunked") == PAGE
    assert decoded(b"plain words", content_encoding=name) == b"plain words"


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_a_body_without_the_magic_of_its_encoding_does_not_have_it(name):
    words = "Größe, schlicht".encode()

    assert decoded(words, content_encoding=name) == words


@pytest.mark.parametrize(("name", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_of_a_body_that_breaks_off_what_came_before_is_kept(name, encode):
    page = b"".join(b"<p>%d" % number for number in range(200_000))

    got = decoded(encode(page)[:-1000], content_encoding=name, limit=1 << 24)

    assert len(got) > 10_000
    assert page.startswith(got)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"\x1f\x8b\x08\x00" + GARBAGE, "gzip"),
        (b"\x28\xb5\x2f\xfd" + GARBAGE, "zstd"),
        (GARBAGE, "br"),
        (GARBAGE, "deflate"),
    ],
)
def test_a_body_of_which_nothing_can_be_decoded_is_an_error(body, name):
    with pytest.raises(UndecodableError, match=name):
        decoded(body, content_encoding=name)


@pytest.mark.parametrize(("name", "encode"), [each for each in ENCODINGS if each[0] not in {"identity", "utf-8"}])
def test_a_bomb_is_stopped_at_the_limit(name, encode):
    bomb = encode(bytes(20 << 20))
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        decoded(bomb, content_encoding=name, limit=100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 4 << 20


def test_a_body_larger_than_the_limit_is_too_large_as_it_is():
    with pytest.raises(TooLargeError, match="11"):
        decoded(b"x" * 11, limit=10)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"5\nhello\n0\n\n", b"hello"),
        (b"5\r\nhello\r\n6\r\n world", b"hello world"),
        (b"5\r\nhello\r\nff\r\nworld", b"helloworld"),
        (b"5\r\nhello\r\nzz\r\nworld", b"hello"),
        (b"zz\r\nhello", b"zz\r\nhello"),
        (b"adobe is\nno chunk", b"adobe is\nno chunk"),
        (b"0\r\n\r\n", b""),
        (b"fffffffffffffff\r\nx", b"x"),
        (b"ffffffffffffffff\r\nx", b"ffffffffffffffff\r\nx"),
    ],
)
def test_chunks_are_joined_as_far_as_they_go(body, expected):
    assert decoded(body, transfer_encoding="chunked") == expected


@pytest.mark.parametrize(
    ("block", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", 200, b"body"),
        (b"HTTP/1.0 404\n\nbody", 404, b"body"),
        (b"HTTP/1.1 200 OK\r\n\r\nbody", 200, b"body"),
        (b"\r\nHTTP/2 301 \r\nA: b\r\n\r\n", 301, b""),
        (b"HTTP 502 Bad Gateway\n", 502, b""),
        (b"ICY 200 OK\r\nA: b\r\n\r\nx", 200, b"x"),
        (b"HTTP/1.1 200 OK\r\nA: b", 200, b""),
        (b"HTTP/1.1 200 OK", 200, b""),
        (b"HTTP/1.1 200 OK\r\nA: b\n\nbody\r\n\r\nmore", 200, b"body\r\n\r\nmore"),
    ],
)
def test_responses_are_split_into_status_and_body(block, status, body):
    got = parse_response(block)

    assert (got.status, got.body) == (status, body)


@pytest.mark.parametrize(
    "block", [b"", b"<html>", b"HTTP/1.1 OK", b"HTTP/1.1 20", b"HTTP/1.1 2000 x", b"GET / HTTP/1.1"]
)
def test_what_has_no_status_line_is_no_response(block):
    assert parse_response(block) is None


@pytest.mark.parametrize(
    ("content_type", "kind", "encoding"),
    [
        ("text/html; charset=UTF-8", "text/html", "utf-8"),
        ("Text/HTML;charset='iso-8859-1'", "text/html", "iso-8859-1"),
        ("text/html charset = x", "text/html", "x"),
        ("; charset=", None, None),
        ("", None, None),
        ("text/html, text/plain", "text/html", None),
    ],
)
def test_media_type_and_charset(content_type, kind, encoding):
    assert (media_type(content_type), charset(content_type)) == (kind, encoding)


@given(
    body=st.binary(max_size=500), name=st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]), cut=st.booleans()
)
def test_no_body_crashes_a_decoder(body, name, cut):
    packed = zlib.compress(body)[:-5] if cut else body
    try:
        assert len(decoded(packed, content_encoding=name, transfer_encoding="chunked", limit=10_000)) <= 10_000
    except UndecodableError:
        assert packed
