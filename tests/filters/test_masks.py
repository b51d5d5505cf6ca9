import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawlsieve.filters.codepoints import ALONE, CLASS, LETTER, LOWER, NUMBER, PUNCTUATION, UPPER, code_points
from crawlsieve.filters.hashes import hash_bytes, hash_near
from crawlsieve.filters.masks import ALL, WIDTH, eight, either, has, mark, ones, within, zeros_below
from crawlsieve.filters.plain_bytes import MAY_BE_PLAIN, Plain, ascii_bytes, broad_bytes
from crawlsieve.kernel import kernel

unhurried = settings(deadline=None)
windows = st.binary(min_size=WIDTH, max_size=WIDTH + 20)
byte, number = st.integers(0, 255), st.integers(0, 2**64 - 1)


@kernel
def look(data, i, low, high):
    return within(data, i, low, high), has(data, i, low), eight(data, i)


@kernel
def write(out, i, masks):
    mark(out, i, ((masks[0], 1), (masks[1], 6), (masks[2], 0x80)))


@kernel
def choose(condition, yes, no):
    return either(condition, yes, no), ones(yes), zeros_below(yes)


@kernel
def near(data, start, size):
    return hash_near(data, start, np.uint64(size))


@kernel
def classes(data, table):
    """Row k of the table: masks of the window at 64 k."""
    for k in range(table.shape[0]):
        plain = broad_bytes(data, 64 * k, ascii_bytes(data, 64 * k, ALL, ALL), ALL)
        for column, bits in enumerate(plain):
            table[k, column] = bits


@unhurried
@given(windows, byte, byte)
@example(bytes(range(64)), 0, 255)
@example(bytes(range(192, 256)), 0x80, 0xBF)
def test_masks_say_which_bytes_are_in_a_range_or_have_a_bit(text, one, other):
    low, high = sorted((one, other))
    data, i = np.frombuffer(text, np.uint8), len(text) - WIDTH

    inside, bits, first = look(data, i, low, high)

    assert inside == sum(1 << k for k, found in enumerate(text[i:]) if low <= found <= high)
    assert bits == sum(1 << k for k, found in enumerate(text[i:]) if found & low)
    assert first == int.from_bytes(text[i : i + 8], "little")


@unhurried
@given(st.tuples(number, number, number))
def test_marks_are_the_values_of_all_masks_that_have_the_bit(masks):
    out = np.full(WIDTH + 2, 9, np.uint8)

    write(out, 1, tuple(np.uint64(each) for each in masks))

    values = [
        sum(value for bits, value in zip(masks, (1, 6, 0x80), strict=True) if bits >> k & 1) for k in range(WIDTH)
    ]
    assert out.tolist() == [9, *values, 9]


@unhurried
@given(st.booleans(), number, number)
@example(condition=True, yes=0, no=1)
def test_bits_are_counted_and_chosen(condition, yes, no):
    chosen, count, below = choose(condition, np.uint64(yes), np.uint64(no))

    assert chosen == (yes if condition else no)
    assert count == yes.bit_count()
    assert below == (f"{yes:064b}"[::-1].find("1") if yes else 64)


@unhurried
@given(st.binary(max_size=70), st.binary(min_size=16, max_size=16))
def test_both_ways_to_hash_agree(text, behind):
    data = np.frombuffer(b"in front" + text + behind, np.uint8)

    assert near(data, 8, len(text)) == hash_bytes(data, 8, 8 + len(text))


def plain_masks(pieces):
    """Plain of int arrays, a place a piece, each with spaces behind it."""
    table = np.empty((len(pieces), len(Plain._fields)), np.uint64)
    classes(np.frombuffer(b"".join(piece.ljust(WIDTH) for piece in pieces), np.uint8), table)
    return Plain(*table.astype(np.int64).T)


def test_plain_bytes_say_of_each_code_point_what_the_table_says():
    points = [point for point in range(0x20000) if not 0xD800 <= point < 0xE000]
    pieces = [chr(point).encode() for point in points]
    entry = code_points()[points].astype(np.int64)
    group, upper, lower = entry & CLASS, entry & UPPER != 0, entry & LOWER != 0
    whole = np.array([(1 << len(piece)) - 1 for piece in pieces])
    first_bytes = np.array([piece[0] for piece in pieces])

    found = plain_masks(pieces)

    known = found.other == 0
    assert (found.other[~known] == whole[~known]).all()
    assert MAY_BE_PLAIN[first_bytes[known]].all()
    letter, digit, alone = (known & (group == each) for each in (LETTER, NUMBER, ALONE))
    symbol = known & (group == PUNCTUATION)
    assert (found.upper == (letter & upper)).all()
    assert (found.lower == (letter & lower)).all()
    assert (found.upper + found.lower == letter).all()
    assert (found.letter == letter * whole).all()
    assert (found.solid == (letter | digit) * whole).all()
    assert (found.alone == alone).all()
    assert (found.symbol == symbol & (whole == 1)).all()
    assert (found.wide == symbol & (whole == 7)).all()
    assert (found.more == (letter | digit | alone | symbol) * (whole - 1)).all()
    assert (entry[alone] >> 24 & 31 == 7).all()
    assert (entry[symbol] >> 24 & 31 == 0).all()


@pytest.mark.parametrize("text", ["azAZ09", "éßÀÿ", "āŽżŁı", "жЁїЯ", "中的龥", "のカー", "’“”—…", "。、「！，"])
def test_what_words_are_mostly_made_of_is_plain(text):
    found = plain_masks([char.encode() for char in text])

    assert found.other.tolist() == [0] * len(text)


@pytest.mark.parametrize(
    "piece",
    [b"\x80", b"\xc3", b"\xc3a", b"\xd0\xd0", b"\xe2\x80", b"\xe4\xb8", b"\xe4\xb8a", b"\xef\xbc", b"\xff", b"\0"],
)
def test_what_is_no_utf8_is_other(piece):
    found = plain_masks([piece])

    assert found.other[0] == sum(1 << k for k, each in enumerate(piece) if each >= 0x80 or each < 0x20)
