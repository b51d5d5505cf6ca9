"""Laws of redaction: a second time changes nothing, and nothing but addresses changes."""

import re

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given
from hypothesis import strategies as st

from crawlsieve.filters.pii import (
    EMAIL_SHAPE,
    EMAILS,
    IPV4,
    IPV4_SHAPE,
    IPV6,
    IPV6_SHAPE,
    redact_emails,
    redact_ip_addresses,
)

PIECES_OF_TEXT = """
    joe @ corp . com example.com example ü я 谢 - _ ' % + xn-- : :: 8 8.8.8.8 1.2.3.4.5 0 255 999 2001: 4860 2a00:1:: /
    a@b.cd [ ] ( \u0308
"""
TEXTS = st.lists(st.sampled_from([*PIECES_OF_TEXT.split(), " ", "\n", EMAILS[0], IPV4[0], IPV6[0]]), max_size=20).map(
    "".join
) | st.text(max_size=40)
SEEDS = st.integers(0, 2**63 - 1)


def redacted(text, seed):
    text, emails = redact_emails(text, seed)
    text, addresses = redact_ip_addresses(text, seed)
    return text, emails + addresses


@given(TEXTS, SEEDS, SEEDS)
@example("a@b.com@c.com", 0, 1)
@example("joe@examplejoea@b.cd", 1060, 0)
@example("joe@8.8.8.8.com 8.8.8.8@corp.com", 0, 1)
def test_a_second_time_changes_nothing_whatever_its_seed(text, seed, other_seed):
    once, _ = redacted(text, seed)

    assert redacted(once, other_seed) == (once, 0)


@given(TEXTS, SEEDS)
def test_a_text_without_addresses_is_itself(text, seed):
    after, count = redacted(text, seed)

    assert (after == text) == (count == 0)


@given(TEXTS, TEXTS, SEEDS)
def test_a_line_is_redacted_as_if_it_were_alone(one, other, seed):
    alone = [redacted(text, seed) for text in (one, other)]

    assert redacted(f"{one}\n{other}", seed) == ("\n".join(text for text, _ in alone), sum(count for _, count in alone))


@given(TEXTS)
def test_every_address_has_its_shape(text):
    if redact_emails(text, 0)[1]:
        assert pc.match_substring_regex(pa.array([text]), EMAIL_SHAPE).to_pylist() == [True]
    if redact_ip_addresses(text, 0)[1]:
        assert re.search(f"{IPV4_SHAPE}|{IPV6_SHAPE}", text)
