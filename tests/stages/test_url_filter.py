import gzip
import os
from pathlib import Path

import pyarrow as pa
import pytest

from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.errors import RecipeError
from crawlsieve.stages.public_suffixes import public_suffixes
from crawlsieve.stages.url_filter import UrlFilter
from crawlsieve.stages.url_lists import load_blocklist


def batch(*urls):
    rows = [
        {
            "shard": 0,
            "row": number,
            "id": number.to_bytes(16, "big"),
            "url": url,
            "source_path": "x",
            "source_offset": 0,
            "reasons": [],
            "settled": False,
        }
        for number, url in enumerate(urls)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD)


@pytest.fixture
def listed(tmp_path):
    """Write a list; its path."""

    def write(text, name="list.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return str(path)

    return write


def reasons(step, *urls):
    return step(batch(*urls)).column("reasons").to_pylist()


def test_a_domain_and_a_url_are_told_apart_by_the_slash(listed):
    step = UrlFilter(blocklists=(listed("bad.example\ngood.example/bad\nhttps://fine.example/\n"),))

    assert reasons(
        step,
        "http://www.bad.example/any",
        "https://good.example/bad/",
        "http://good.example/",
        "http://fine.example",
        "http://fine.example/a",
    ) == [["url_domain"], ["url_blocked"], [], ["url_blocked"], []]


def test_a_rejected_page_is_settled_and_others_are_open(listed):
    step = UrlFilter(blocklists=(listed("bad.example"),))

    after = step(batch("http://bad.example/", "http://good.example/"))

    assert after.column("settled").to_pylist() == [True, False]
    assert after.column("row").to_pylist() == [0, 1]


def test_a_record_without_a_url_passes(listed):
    step = UrlFilter(
        blocklists=(listed("bad.example", "b"),),
        banned_words=(listed("x", "w"),),
        soft_banned_words=(listed("x", "s"),),
        banned_subwords=(listed("x", "p"),),
        soft_at_least=1,
    )

    assert reasons(step, None, "", "http://bad.example/x") == [
        [],
        [],
        ["url_domain", "url_banned_word", "url_soft_banned_words", "url_banned_subword"],
    ]


@pytest.mark.parametrize(("at_least", "rejected"), [(1, True), (2, True), (3, False)])
def test_soft_words_reject_from_soft_at_least_on(listed, at_least, rejected):
    step = UrlFilter(soft_banned_words=(listed("bet\npoker\nwin\n"),), soft_at_least=at_least)

    assert (reasons(step, "http://poker.example/bet") == [["url_soft_banned_words"]]) == rejected


def test_earlier_reasons_stay_in_front(listed):
    step = UrlFilter(banned_words=(listed("bad"),))
    marked = batch("http://bad.example/")
    place = marked.schema.get_field_index("reasons")
    marked = marked.set_column(place, RECORD.field("reasons"), pa.array([["first"]]))

    assert step(marked).column("reasons").to_pylist() == [["first", "url_banned_word"]]


def test_a_batch_of_no_rows_and_a_slice_are_batches(listed):
    step = UrlFilter(blocklists=(listed("bad.example"),), banned_words=(listed("word", "w"),))

    assert len(step(batch())) == 0
    assert step(batch("http://bad.example/", "http://a.example/word", None).slice(1)).column("reasons").to_pylist() == [
        ["url_banned_word"],
        [],
    ]


def test_a_list_may_be_compressed_have_comments_and_end_anywhere(listed):
    text = b"# a comment\n\n  Bad.Example  # why\r\n*.worse.example\n.worst.example\nlast.example"
    for name in ("plain.txt", "packed.gz"):
        blocked = load_blocklist((listed(text, name),))

        assert len(blocked.domains) == 4


def test_a_list_with_a_byte_order_mark_is_read(listed):
    step = UrlFilter(blocklists=(listed(b"\xef\xbb\xbfbad.example\n"),))

    assert reasons(step, "http://bad.example/") == [["url_domain"]]


def test_a_folder_is_read_as_ut1_ships_it(listed, tmp_path):
    listed("bad.example\n", "adult/domains")
    listed("good.example/bad\n", "adult/urls.gz")
    listed("ignored.example\n", "adult/usage")
    step = UrlFilter(blocklists=(str(tmp_path / "adult"),))

    assert step.files == (str(tmp_path / "adult" / "domains"), str(tmp_path / "adult" / "urls.gz"))
    assert reasons(step, "http://bad.example/", "http://good.example/bad", "http://ignored.example/") == [
        ["url_domain"],
        ["url_blocked"],
        [],
    ]


def test_a_folder_without_lists_is_an_error(tmp_path):
    with pytest.raises(RecipeError, match="without a file `domains` or `urls`"):
        UrlFilter(blocklists=(str(tmp_path),)).check()


def test_a_url_list_in_another_encoding_blocks_those_bytes(listed):
    step = UrlFilter(blocklists=(listed(b"good.example/caf\xe9\n"),))

    assert reasons(step, "http://good.example/caf%E9", "http://good.example/café") == [["url_blocked"], []]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("co.uk", "'co.uk' is a public suffix"),
        ("COM", "'COM' is a public suffix"),
        ("*.com", r"'\*.com' is a public suffix"),
        ("公司.cn", "is a public suffix"),
        ("xn--55qx5d.cn", "is a public suffix"),
        ("anything.ck", "is a public suffix"),
        ("two words", "neither a domain nor a URL"),
        ("0.0.0.0 bad.example", "neither a domain nor a URL"),
        ("bad.example:8080", "A URL has a slash"),
        ("||bad.example^", "neither a domain nor a URL"),
        ("/path", "has no host"),
        ("caf\udce9.example", "neither a domain nor a URL"),
    ],
)
def test_a_line_that_is_no_entry_is_named_by_file_and_line(listed, line, problem):
    path = listed(b"bad.example\n# comment\n" + line.encode("utf-8", "surrogateescape") + b"\n")

    with pytest.raises(RecipeError, match=problem) as caught:
        UrlFilter(blocklists=(path,)).check()

    assert f"{path} line 3: " in str(caught.value)


@pytest.mark.parametrize("line", ["www.ck", "blogspot.com", "example.co.uk", "localhost", "1.2.3.4", "[2001:db8::1]"])
def test_a_site_below_a_public_suffix_or_without_one_is_an_entry(listed, line):
    step = UrlFilter(blocklists=(listed(line),))

    assert reasons(step, f"http://{line}/") == [["url_domain"]]


def test_lines_are_counted_over_blocks(listed, monkeypatch):
    monkeypatch.setattr("crawlsieve.stages.url_lists._BLOCK_BYTES", 16)
    path = listed("".join(f"host{number}.example\n" for number in range(50)) + "co.uk\n")

    with pytest.raises(RecipeError, match=r"line 51: "):
        load_blocklist((path,))


def test_a_line_over_two_blocks_is_one(listed, monkeypatch):
    monkeypatch.setattr("crawlsieve.stages.url_lists._BLOCK_BYTES", 7)

    assert len(load_blocklist((listed("one.example\ntwo.example\n\nthree.example"),)).domains) == 3


@pytest.mark.parametrize(("line", "problem"), [("порно", "ASCII"), ("---", "ASCII"), (b"\xff", "ASCII")])
def test_a_word_that_no_url_can_have_is_an_error(listed, line, problem):
    path = listed(b"fine\n" + (line if isinstance(line, bytes) else line.encode()) + b"\n")

    for options in ({"banned_words": (path,)}, {"soft_banned_words": (path,)}, {"banned_subwords": (path,)}):
        with pytest.raises(RecipeError, match=problem) as caught:
            UrlFilter(**options).check()
        assert f"{path} line 2: " in str(caught.value)


def test_hyphens_in_a_word_list_are_left_out(listed):
    step = UrlFilter(banned_words=(listed("# comment\nBad-Word\n"),))

    assert reasons(step, "http://x.example/badword", "http://x.example/bad-word") == [["url_banned_word"], []]


def test_a_missing_list_is_named(tmp_path):
    path = str(tmp_path / "none.txt")

    for options in ({"blocklists": (path,)}, {"banned_words": (path,)}, {"banned_subwords": (path,)}):
        with pytest.raises(RecipeError, match=r"none\.txt: No such file"):
            UrlFilter(**options).check()


def test_a_broken_gzip_is_an_error_and_not_half_a_list(tmp_path):
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(os.urandom(5000).hex().encode() + b".example\n")[:-100])

    with pytest.raises(RecipeError, match=r"cut\.gz: "):
        UrlFilter(blocklists=(str(path),)).check()


def test_a_list_is_read_once_and_again_when_it_has_changed(listed):
    path = listed("bad.example")
    first = load_blocklist((path,))

    assert load_blocklist((path,)) is first
    listed("bad.example\nworse.example")
    assert len(load_blocklist((path,)).domains) == 2


def test_a_filter_without_lists_is_an_error():
    with pytest.raises(ValueError, match="names no list"):
        UrlFilter()


def test_the_step_names_its_files_and_adds_nothing(listed):
    step = UrlFilter(blocklists=(listed("a.example", "a"),), banned_words=(listed("b", "b"),))

    assert [Path(path).name for path in step.files] == ["a", "b"]
    assert (step.reads, step.adds.names, step.version) == ((), [], 2)


def test_public_suffixes_ask_no_network(monkeypatch):
    def refuse(*_args, **_options):
        raise AssertionError("asked the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    public_suffixes.cache_clear()

    assert len(public_suffixes().names) > 5000
    assert len(public_suffixes().wild) > 5


@pytest.mark.shared
def test_real_word_lists_load(shared):
    folder = shared / "data" / "wordlists" / "datatrove"
    step = UrlFilter(
        banned_words=(str(folder / "banned_words.txt"),),
        soft_banned_words=(str(folder / "soft_banned_words.txt"),),
        banned_subwords=(str(folder / "banned_subwords.txt"),),
    )
    step.check()

    assert reasons(step, "https://docs.python.org/3/library/re.html", "https://en.wikipedia.org/wiki/Common_Crawl") == [
        [],
        [],
    ]
