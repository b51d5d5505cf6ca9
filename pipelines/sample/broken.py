"""What a reader must survive: records damaged in the file, answers damaged on the wire, pages made to hurt."""

import zlib

from crawlsieve.pipelines.sample.texts import articles
from crawlsieve.pipelines.sample.warc import Damaged, Record, encode, member
from crawlsieve.pipelines.sample.web import answer, dressed, page, paragraphs

_HOST = "https://broken.example.org"


def other_records() -> list[Record]:
    """Answers that are not documents, or not for this time."""
    gone = b"<html><body><h1>Not found</h1><p>The page that you asked for is not here any more.</p></body></html>"
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
    paper = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
    plain = articles()["en_ferry"].text.replace("ferryman", "boatman").encode()
    return [
        *[answer("status: 404", f"{_HOST}/gone/{i}", gone, status=404) for i in range(6)],
        *[answer("status: 301", f"{_HOST}/old/{i}", b"", status=301, headers=(("Location", f"{_HOST}/new/{i}"),))
          for i in range(4)],
        answer("status: 500", f"{_HOST}/cgi-bin/down", b"<h1>Internal error</h1>", status=500),
        *[answer("type: image", f"{_HOST}/images/{i}.png", picture, media="image/png") for i in range(3)],
        answer("type: pdf", f"{_HOST}/paper.pdf", paper, media="application/pdf"),
        answer("type: json", f"{_HOST}/api", b'{"answer": 42}', media="application/json"),
        answer("type: plain text", f"{_HOST}/ferry.txt", plain, media="text/plain; charset=utf-8"),
        Record(kind="revisit", url=f"{_HOST}/same-as-before", warc_type="revisit",
               block=b'HTTP/1.1 304 Not Modified\r\nETag: "sample"\r\n\r\n',
               fields=(("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"),)),
        Record(kind="resource", url="https://en.magazine.example.org/saved/tides.html", warc_type="resource",
               content_type="text/html", block=_story("tides", "Saved from the editor's own disk.").encode()),
    ]  # fmt: skip


def hurtful_pages() -> list[Record]:
    """Records that are whole, with a payload that is not, or that no parser likes."""
    good = _story("wheel", "The workshop is closed on Mondays.").encode()
    wrong_gzip = (("Content-Encoding", "gzip"),)
    wrong_chunks = (("Transfer-Encoding", "chunked"),)
    nested = "<div>" * 20_000 + "<p>At the bottom of it all.</p>" + "</div>" * 20_000
    many = "<p>One<i>two</i></p>" * 150_000
    bells = _story("bells", "The tower is open on Thursdays.")
    return [
        answer("payload: said to be gzip", f"{_HOST}/not-gzip", good, headers=wrong_gzip),
        answer("payload: cut gzip", f"{_HOST}/cut-gzip", member(good)[:-900], headers=wrong_gzip),
        answer("payload: wrong chunks", f"{_HOST}/chunks", b"ZZ\r\n" + good, headers=wrong_chunks),
        answer("payload: invalid UTF-8", f"{_HOST}/utf-8", good.replace(b"bicycle", b"bi\xff\xfecycle")),
        answer("payload: NUL bytes", f"{_HOST}/nul", bells.replace(" bell ", " be\0ll ").encode()),
        answer("payload: nested", f"{_HOST}/nested", dressed(f"{_HOST}/nested", "A deep page", nested).encode()),
        answer("payload: many nodes", f"{_HOST}/nodes", dressed(f"{_HOST}/nodes", "A wide page", many).encode()),
        answer("payload: cut HTML", f"{_HOST}/cut", good[: len(good) // 2]),
        Record(kind="payload: no HTTP header", url=f"{_HOST}/headless", block=b"\r\n\r\n" + good[:200]),
        Record(kind="payload: nothing", url=f"{_HOST}/nothing", block=b""),
    ]


def damaged() -> list[Record | Damaged]:
    """Damage to the file itself, each piece between two whole pages; the file ends in the middle of a record."""
    story = [
        page("neighbour", f"{_HOST}/neighbour/{one.topic}", one.title, paragraphs(one.parts) + f"<p>{_NEIGHBOUR}</p>")
        for one in articles().values()
        if one.language == "en"
    ]
    pieces = [_corrupted(), _too_long(), _too_short(), _no_member(), _huge()]
    between = [piece for pair in zip(story, pieces, strict=False) for piece in pair]
    return [*between, story[len(pieces)], _truncated()]


_NEIGHBOUR = "This page stands beside a damaged one, and it should not be lost with it."


def _story(topic: str, last: str) -> str:
    one = articles()[f"en_{topic}"]
    return dressed(one.url, one.title, f"{paragraphs(one.parts)}\n<p>{last}</p>")


def _victim(name: str) -> Record:
    return answer(f"broken: {name}", f"{_HOST}/{name}", _story("maps", f"This is the page called {name}.").encode())


def _corrupted() -> Damaged:
    """Forty bytes in the middle of the compressed data have been turned over."""
    data = bytearray(member(encode(_victim("corrupted"))))
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(byte ^ 0xFF for byte in data[middle : middle + 40])
    return Damaged("broken: corrupted member", bytes(data))


def _too_long() -> Damaged:
    """Content-Length promises more than the member holds."""
    record = _victim("length-too-long")
    return Damaged("broken: length too long", member(encode(record, claim=len(record.block) + 50_000)))


def _too_short() -> Damaged:
    """Content-Length promises less than the member holds."""
    record = _victim("length-too-short")
    return Damaged("broken: length too short", member(encode(record, claim=len(record.block) - 500)))


def _no_member() -> Damaged:
    """A disk block of zeros where a member should begin."""
    return Damaged("broken: zeros between members", bytes(4096))


def _huge() -> Damaged:
    """70 MB of HTML in one small member, cheap to send and dear to open."""
    url = f"{_HOST}/huge"
    times = 70_000_000 // 3
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>"
    record = Record(kind="broken: huge page", url=url, block=head)
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = encode(record, claim=len(head) + 3 * times)
    data = [deflate.compress(start.removesuffix(b"\r\n\r\n"))]
    # In pieces, so that the page never stands in memory as a whole.
    while times > 0:
        data.append(deflate.compress(b"<b>" * min(times, 1_000_000)))
        times -= 1_000_000
    data += [deflate.compress(b"\r\n\r\n"), deflate.flush()]
    return Damaged(record.kind, b"".join(data))


def _truncated() -> Damaged:
    """The connection broke: the file ends in the middle of its last record."""
    data = member(encode(_victim("truncated")))
    return Damaged("broken: truncated at the end", data[: len(data) // 3])
