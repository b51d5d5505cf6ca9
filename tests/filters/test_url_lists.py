import numpy as np
import pyarrow as pa
import pytest

from crawlsieve.filters.strings import text_buffers
from crawlsieve.filters.url_hosts import hosts_of
from crawlsieve.filters.url_lists import (
    DOMAIN,
    OTHER,
    SKIPPED,
    automaton,
    distinct,
    host_hash,
    is_among,
    match_hosts,
    match_parts,
    match_words,
    scan_entries,
    word_hash,
)


def blocked(url, *domains):
    known = distinct(np.array([host_hash(domain) for domain in domains], np.uint64))
    return match_hosts(hosts_of(pa.array([url])), known).tolist() == [True]


@pytest.mark.parametrize(
    "url",
    [
        "http://bad.example/",
        "http://bad.example",
        "https://BAD.example:8080/x",
        "http://www.bad.example/",
        "http://a.b.c.bad.example/",
        "http://user@bad.example./",
        "http://b%61d.example/",
    ],
)
def test_a_domain_blocks_itself_and_its_subdomains(url):
    assert blocked(url, "good.example", "bad.example")


@pytest.mark.parametrize(
    "url",
    [
        "http://verybad.example/",
        "http://bad.example.com/",
        "http://example/bad.example",
        "http://good.example/?http://bad.example/",
        "http://bad.example@good.example/",
        "http://ad.example/",
        "",
    ],
)
def test_a_domain_blocks_nothing_else(url):
    assert not blocked(url, "bad.example")


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("http://www.bücher.example/", "xn--bcher-kva.example"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://[2001:DB8:0::1]/", "2001:db8::1"),
        ("http://localhost/", "localhost"),
    ],
)
def test_a_host_is_compared_in_its_canonical_spelling(url, domain):
    assert blocked(url, domain)


def test_an_empty_list_blocks_nothing():
    assert not blocked("http://bad.example/")


def words(url, *banned, at_least=1):
    known = distinct(np.array([word_hash(word) for word in banned], np.uint64))
    return match_words(*text_buffers(pa.array([url])), known, at_least).tolist() == [True]


@pytest.mark.parametrize(
    "url",
    [
        "http://x.example/casino",
        "http://casino.example/",
        "http://x.example/a_CASINO-b",
        "casino",
        "http://x/%20casino",
    ],
)
def test_a_word_is_a_run_of_letters_and_digits(url):
    assert words(url, "casino") == (url != "http://x/%20casino")  # 20casino is one run


@pytest.mark.parametrize(
    "url", ["http://x.example/casinos", "http://x.example/casi-no", "http://x.example/1casino", ""]
)
def test_a_part_of_a_word_is_no_word(url):
    assert not words(url, "casino")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://x.example/poker", False),
        ("http://poker.example/poker-POKER", False),
        ("http://poker.example/bet", True),
        ("http://poker.example/bet/win", True),
    ],
)
def test_soft_words_count_once_each(url, found):
    assert words(url, "poker", "bet", "win", at_least=2) == found


def test_more_words_than_there_are_is_never():
    assert not words("http://poker.example/bet", "poker", "bet", at_least=3)


def parts(url, *banned):
    return match_parts(*text_buffers(pa.array([url])), *automaton(banned)).tolist() == [True]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://megaporno.example/", True),
        ("http://x.example/PoRn", True),
        ("http://x.example/p-o_r%n", True),
        ("http://x.example/popor/n", True),
        ("http://x.example/por", False),
        ("http://x.example/pr0n", False),
        ("http://x.example/poürn", True),
        ("", False),
    ],
)
def test_a_part_is_found_across_what_is_no_letter_or_digit(url, found):
    assert parts(url, "porn") == found


@pytest.mark.parametrize("part", ["", "po-rn", "pörn", "porn "])
def test_a_part_is_made_of_ascii_letters_and_digits(part):
    with pytest.raises(ValueError, match="ASCII letters and digits"):
        automaton(["fine", part])


def test_a_part_inside_another_one_is_found():
    assert parts("xxbcxx", "abcd", "bc")
    assert parts("xxabcxx", "abcd", "bc")
    assert parts("abcabd", "abcabe", "abd")
    assert not parts("abcabcab", "abcabe", "abd")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"bad.example\n", DOMAIN),
        (b"  Bad.Example \r\n", DOMAIN),
        (b"xn--bcher-kva.example", DOMAIN),
        (b"\n", SKIPPED),
        (b" \r\n", SKIPPED),
        (b"# bad.example\n", SKIPPED),
        (b"bad.example/\n", OTHER),
        (b"http://bad.example\n", OTHER),
        (b"bad.example # why\n", OTHER),
        (b".bad.example\n", OTHER),
        (b"bad..example\n", OTHER),
        (b"bad.example.\n", OTHER),
        (b"localhost\n", OTHER),
        (b"1.2.3.4\n", OTHER),
        (b"b\xc3\xbccher.example\n", OTHER),
    ],
)
def test_a_line_is_nothing_or_a_plain_domain_or_for_python(line, kind):
    kinds, hashes = np.zeros(1, np.uint8), np.zeros((1, 2), np.uint64)

    scan_entries(np.frombuffer(line, np.uint8), np.array([0, len(line)]), kinds, hashes)

    assert kinds.tolist() == [kind]


def test_a_domain_comes_with_the_hash_of_its_parent():
    line = np.frombuffer(b"Www.Bad.example\n", np.uint8)
    kinds, hashes = np.zeros(1, np.uint8), np.zeros((1, 2), np.uint64)

    scan_entries(line, np.array([0, len(line)]), kinds, hashes)

    assert hashes.tolist() == [[host_hash("www.bad.example"), host_hash("bad.example")]]


def test_distinct_values_are_sorted_and_found():
    known = distinct(np.array([5, 1, 2**64 - 1, 5], np.uint64))

    assert known.tolist() == [1, 5, 2**64 - 1]
    assert is_among(np.array([0, 1, 5, 6, 2**64 - 1], np.uint64), known).tolist() == [False, True, True, False, True]
    assert is_among(np.array([0], np.uint64), distinct(np.empty(0, np.uint64))).tolist() == [False]


def test_a_hash_is_the_same_on_every_machine():
    """FNV-1a of the reversed host and of the word, mixed once, by a calculation with Python's integers."""
    assert host_hash("bad.example") == 10043851656119677254
    assert word_hash("bad") == 6554615310965765846
