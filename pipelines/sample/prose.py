"""Pages with the prose in `texts/`: plain, copied, nearly copied, and in the encodings that the web uses."""

from html import escape

from crawlsieve.pipelines.sample.texts import articles, read
from crawlsieve.pipelines.sample.warc import Record, member
from crawlsieve.pipelines.sample.web import answer, chunked, deflated, dressed, page, paragraphs

_TOWNS = ("Alder", "Ash", "Beech", "Birch", "Cedar", "Elm", "Hazel", "Holly", "Larch", "Linden", "Maple", "Oak", "Pine")


def originals() -> list[Record]:
    """Every article once, at its own address."""
    return [
        page(f"prose: {one.language}", one.url, one.title, paragraphs(one.parts), language=one.language)
        for one in articles().values()
    ]


def copies() -> list[Record]:
    """The same text, address or record again."""
    tides, clock, maps = (articles()[f"en_{topic}"] for topic in ("tides", "clock", "maps"))
    records = [
        page("copy: other address", f"https://mirror{i}.example.net/{one.topic}.html", one.title, paragraphs(one.parts))
        for one in (tides, clock)
        for i in range(4)
    ]
    host = "en.magazine.example.org/stories/"
    later = f"{paragraphs(maps.parts)}\n<p>This story was read aloud on our radio programme in May.</p>"
    records += [
        page("copy: same address", variant, maps.title, f"{later}\n<p>Visitor number {i + 2} of the day.</p>")
        for i, variant in enumerate(
            (
                f"http://{host}maps",
                f"https://www.{host}maps",
                f"https://{host}maps/",
                f"HTTPS://{host.upper().replace('STORIES', 'stories')}maps",
                f"https://{host}maps?jsessionid=0A1B2C3D4E5F60718293A4B5C6D7E8F9",
                f"https://{host}maps?PHPSESSID=0a1b2c3d4e5f60718293a4b5c6d7e8f9",
                f"https://{host}maps#comments",
            )
        )
    ]
    return records


def near_copies() -> list[Record]:
    """Texts that differ in a few words: a template with a name in it, an article with another first sentence."""
    swifts, compost = articles()["en_swifts"], articles()["en_compost"]
    records = [
        page("near copy: one sentence", f"https://{town.lower()}.example.com/reposts/{one.topic}", one.title,
             f"<p>Our readers in {town} sent us this story.</p>\n{paragraphs(one.parts)}")
        for one in (swifts, compost)
        for town in _TOWNS[:6]
    ]  # fmt: skip
    title, parts = read("bakery")
    return records + [
        page("near copy: template", f"https://bakery.example.com/branches/{town.lower()}", title.replace("TOWN", town),
             paragraphs([part.replace("TOWN", town) for part in parts]))
        for town in _TOWNS
    ]  # fmt: skip


def encoded() -> list[Record]:
    """Pages in other encodings, declared rightly, wrongly or not at all."""
    return [
        _in("windows-1251", "ru_reka", header=True),
        _in("koi8-r", "ru_reka"),
        _in("shift_jis", "ja_mise"),
        _in("euc-kr", "ko_jang", header=True),
        _in("gb18030", "zh_qiao"),
        _in("windows-1256", "ar_suq", header=True),
        _in("iso-8859-7", "el_elia"),
        _in("windows-1252", "en_bells", label="iso-8859-1", header=True),
        _in("windows-1252", "fr_boulangerie", label="utf-8"),
        _in("utf-16", "en_glass", label="utf-8"),
        _in("utf-8-sig", "de_moor", label="iso-8859-1"),
    ]


def _in(codec: str, name: str, *, label: str | None = None, header: bool = False) -> Record:
    """An article in `codec`, labelled as `label` in a meta element, or in the HTTP header where `header` is set."""
    one = articles()[name]
    label = label or codec
    url = f"https://{codec}.example.com/{one.language}/{one.topic}"
    html = dressed(url, one.title, paragraphs(one.parts), language=one.language, charset=label)
    media = f"text/html; charset={label}" if header else "text/html"
    kind = f"encoding: {codec}" if label == codec else f"encoding: {codec} called {label}"
    # Some Greek and Arabic marks have no place in the old code pages: a browser of the time wrote references for them.
    return answer(kind, url, html.encode(codec, "xmlcharrefreplace"), media=media)


def transported() -> list[Record]:
    """Pages compressed and cut into chunks on their way."""
    bodies = {topic: _with_note(topic) for topic in _NOTE}
    gzip, chunks, deflate = (
        ("Content-Encoding", "gzip"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Encoding", "deflate"),
    )
    return [
        _sent("gzip", "ferry", member(bodies["ferry"]), gzip),
        _sent("chunks", "wheel", chunked(bodies["wheel"]), chunks),
        _sent("gzip and chunks", "library", chunked(member(bodies["library"])), gzip, chunks),
        _sent("deflate", "archive", deflated(bodies["archive"]), deflate),
    ]


def _with_note(topic: str) -> bytes:
    one = articles()[f"en_{topic}"]
    return dressed(_CDN + topic, one.title, f"{paragraphs(one.parts)}\n<p>{escape(_NOTE[topic])}</p>").encode()


def _sent(kind: str, topic: str, body: bytes, *headers: tuple[str, str]) -> Record:
    return answer(f"transport: {kind}", _CDN + topic, body, headers=headers)


_CDN = "https://cdn.example.com/"
_NOTE = {
    "ferry": "The ferry runs from March to November, and the bell on the bank is there to be rung.",
    "wheel": "The workshop is open to anyone who brings a wheel and an hour of patience.",
    "library": "If you have a tool that you do not use, bring it along with the photograph of how it should look.",
    "archive": "The register may be seen on weekdays, and the cat may be seen on the stove.",
}


def private() -> list[Record]:
    """A page with addresses that a redaction has to find, and some that it has to leave alone."""
    title, parts = read("network")
    return [page("private: e-mail and IP", "https://network.example.org/help", title, paragraphs(parts))]
