import ipaddress

import pytest

from crawlsieve.filters.pii import EMAILS, IPV4, IPV6, public_address, redact_emails, redact_ip_addresses


def without_email(text):
    """The text with <> for every replaced address."""
    redacted, count = redact_emails(text, 0)
    for email in EMAILS:
        redacted = redacted.replace(email, "<>")
    assert redacted.count("<>") == count
    return redacted


def without_ip(text):
    redacted, count = redact_ip_addresses(text, 0)
    for address in sorted((*IPV4, *IPV6), key=len, reverse=True):
        redacted = redacted.replace(address, "<>")
    assert redacted.count("<>") == count
    return redacted


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to joe@corp.com.", "Write to <>."),
        ("joe@corp.com", "<>"),
        ("<joe@corp.com>, (jim@corp.com)", "<<>>, (<>)"),
        ("mailto:joe@corp.com?subject=x", "mailto:<>?subject=x"),
        ("joe.b_c%d+e-f'g@mail.corp.co.uk", "<>"),
        ("'joe@corp.com'", "'<>'"),
        ("...joe@corp.com...", "...<>..."),
        ("JOE@CORP.COM", "<>"),
        ("jürgen@bücher.de", "<>"),
        ("иван@пример.рф", "<>"),
        ("joe@xn--bcher-kva.xn--p1ai", "<>"),
        ("请联系joe@corp.com谢谢", "请联系<>谢谢"),
        ("joe@corp.com-x", "<>-x"),
        ("joe@corp.com_x", "<>_x"),
        ("joe@corp.com.1st", "<>.1st"),
        ("joe@corp-.com jim@-corp.com", "joe@corp-.com jim@-corp.com"),
        ("a@b.com@c.com", "<>@c.com"),
        ("joe@corp.com,jim@corp.com", "<>,<>"),
        ("joe@1.2.3.com", "<>"),
    ],
)
def test_an_email_address_is_replaced_and_its_neighbours_stay(text, left):
    assert without_email(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "joe@",
        "@joe",
        "@joe.com",
        "joe@corp",
        "joe@corp.c",
        "joe@corp.c1",
        "joe@corp.1com",
        "joe @corp.com",
        "joe@ corp.com",
        "joe@corp. com",
        "joe@corp..com",
        "joe@1.2.3.4",
        "joe@[8.8.8.8]",
        "meet @ noon.then go",
        "@media.screen",
    ],
)
def test_what_is_no_email_address_stays(text):
    assert redact_emails(text, 0) == (text, 0)


@pytest.mark.parametrize(
    "text", [*EMAILS, "joe@example.com", "joe@mail.EXAMPLE.org", "joe@corp.example", "joe@a.test", "joe@x.invalid"]
)
def test_an_address_that_belongs_to_nobody_stays(text):
    assert redact_emails(text, 0) == (text, 0)


def test_a_name_that_only_begins_like_a_reserved_one_is_somebodys():
    assert without_email("joe@example.com.de joe@myexample.com joe@test.de") == "<> <> <>"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("from 8.8.8.8.", "from <>."),
        ("8.8.8.8:53", "<>:53"),
        ("8.8.8.0/24", "<>/24"),
        ("...8.8.8.8...", "...<>..."),
        ("地址8.8.8.8是", "地址<>是"),
        ("8.8.8.8,255.254.253.252 1.1.1.1", "<>,255.254.253.252 <>"),
        ("223.255.255.255", "<>"),
        ("2001:4860:4860::8888", "<>"),
        ("2001:4860:4860:0:0:0:0:8888", "<>"),
        ("2A00:1450:4001:81B::200E", "<>"),
        ("[2001:4860::1]:443", "[<>]:443"),
        ("at 2001:4860::1: hello", "at <>: hello"),
        ("2001:4860::1/64", "<>/64"),
        ("2001:4860::", "<>"),
        ("IP:2606:4700:4700::1111", "IP:<>"),
        ("node:2606:4700:4700::1111", "node:<>"),
        ("(:2606:4700:4700::1111)", "(:<>)"),
    ],
)
def test_a_public_ip_address_is_replaced_and_its_neighbours_stay(text, left):
    assert without_ip(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2.3",
        "1.2.3.4.5",
        "999.1.1.1",
        "256.8.8.8",
        "8.8.8.256",
        "8.8.8.1234",
        "08.8.8.8",
        "v8.8.8.8",
        "8.8.8.8b",
        "8.8.8.8_1",
        "8..8.8.8",
        "8.8.8.",
        "１.１.１.１",
        "2001:10:20",
        "2001:db8::g",
        "x2001:4860::1",
        "2001:4860::1::2",
        "2001:4860:::1",
        "12001:4860::1",
        "1:2001:4860::1:2:3:4:5:6:7",
        "1:2001:4860::1",
        "fe80:2001:4860::1",
        "::2001:4860::1",
        "x::2001:4860::1",
        "2001:4860:1:2:3:4:5:6:7",
        "std::vector",
        "12:30:45",
    ],
)
def test_what_is_no_ip_address_stays(text):
    assert redact_ip_addresses(text, 0) == (text, 0)


@pytest.mark.parametrize(
    "text",
    [
        *IPV4,
        *IPV6,
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "3fff::1",
        "2001::1",
    ],
)
def test_an_address_that_is_not_public_stays(text):
    assert redact_ip_addresses(text, 0) == (text, 0)


@pytest.mark.parametrize("text", ["172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "223.255.255.255"])
def test_the_ends_of_private_blocks_are_sharp(text):
    assert without_ip(text) == "<>"


def test_public_is_what_pythons_ipaddress_calls_global_but_for_what_is_listed_here():
    """Python counts multicast and two addresses of 192.0.0.0/24 as global, and older ones 3fff::/20 too."""
    ours_only = [ipaddress.ip_network(block) for block in ("224.0.0.0/4", "192.0.0.0/24", "2001::/23", "3fff::/20")]
    for high in range(1 << 16):
        for address in (ipaddress.IPv4Address(high << 16 | 99), ipaddress.IPv6Address(high << 112 | 99)):
            if any(address in block for block in ours_only if block.version == address.version):
                continue
            is_ours = public_address(str(address)) is not None
            is_unicast = address.version == 4 or 0x2000 <= high < 0x4000
            assert is_ours == (address.is_global and is_unicast), address


def test_a_pick_depends_on_the_address_and_the_seed_only():
    one, _ = redact_emails("joe@corp.com, jim@corp.com", 7)
    other, _ = redact_emails("jim@corp.com, joe@corp.com, JOE@Corp.com", 7)
    first, second = one.split(", ")

    assert other.split(", ") == [second, first, first]
    assert len({redact_emails("joe@corp.com", seed) for seed in range(50)}) == len(EMAILS)
    assert len({redact_ip_addresses("8.8.8.8", seed) for seed in range(99)}) == len(IPV4)
    assert len({redact_ip_addresses("2001:4860::1", seed) for seed in range(50)}) == len(IPV6)


def test_spellings_of_one_ipv6_address_get_one_pick():
    assert redact_ip_addresses("2001:4860:0:0::1", 3) == redact_ip_addresses("2001:4860::1", 3)


def test_picks_are_the_same_on_every_machine():
    assert redact_emails("joe@corp.com", 0)[0] == "email@example.org"
    assert redact_ip_addresses("8.8.8.8", 2**63 - 1)[0] == "192.0.2.1"


@pytest.mark.parametrize(
    "shape",
    [
        "a@",
        "a",
        "a.",
        "@",
        "a@b.",
        "a-",
        "1.",
        "8.8.8.8.",
        "2001:a::",
        "x@y.co",
        "'",
        "a@xn--",
        ":",
        "0000:",
        "g:2001:",
    ],
)
def test_a_megabyte_of_near_misses_takes_no_longer_than_its_length(shape):
    text = shape * (1_000_000 // len(shape))

    redact_emails(text, 0)
    redact_ip_addresses(text, 0)
