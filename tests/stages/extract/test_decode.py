import pytest

from crawlsieve.stages.extract.decode import decode_page, is_utf16

RUSSIAN = "Привет мир, как ваши дела сегодня? Мы пишем по-русски."
JAPANESE = "これは日本語のテキストです。漢字とかな。"
CHINESE = "这是一个中文网页的内容，用来测试编码检测。"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "utf-8"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "utf-16"),
        (RUSSIAN, "utf-8-sig"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        (CHINESE.replace("这", "這"), "utf-8"),
    ],
)
def test_an_undeclared_encoding_is_seen_in_the_bytes(text, codec):
    assert decode_page(text.encode(codec)) == text


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("ISO-8859-1", "cp1252", "“quoted” – and €"),
        ("latin1", "cp1252", "“quoted”"),
        ("us-ascii", "cp1252", "café"),
        ("Shift_JIS", "cp932", "①㈱"),
        ("gb2312", "gb18030", "中文𠀀"),
        ("euc-kr", "cp949", "똠방각하"),
        ("big5", "big5hkscs", "喺香港"),
        ("tis-620", "cp874", "ไทย…"),
        ("iso-8859-9", "cp1254", "ğışİ"),
        ("x-mac-cyrillic", "mac-cyrillic", "Привет"),
        (' "windows-1251" ', "cp1251", RUSSIAN),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label, codec, text):
    assert decode_page(text.encode(codec), label) == text


@pytest.mark.parametrize(
    "head",
    [
        "<meta charset=windows-1257>",
        "<META CHARSET='Windows-1257'/>",
        '<meta name="x" charset = "cp1257">',
        "<meta charset=windows-1257 charset=koi8-r>",
        "<meta http-equiv=Content-Type content='text/html; charset=windows-1257'>",
        '<?xml version="1.0" encoding="windows-1257"?>',
        "<!-- <meta charset=koi8-r> --><meta charset=windows-1257>",
        '<meta name=description content="charset=koi8-r"><meta charset=windows-1257>',
        "<meta charset=unheard-of><meta charset=windows-1257>",
        "<script>" + "x" * 5_000 + "</script><meta charset=windows-1257>",
    ],
)
def test_a_declaration_counts_where_the_header_says_nothing(head):
    text = "Žąsų"
    page = (head + text).encode("cp1257")

    assert decode_page(text.encode("cp1257")) != text  # so that nobody has guessed
    assert decode_page(page).endswith(text)
    assert decode_page(page, "no-such-label").endswith(text)


def test_the_header_goes_before_the_declaration():
    assert decode_page(("<meta charset=koi8-r>" + RUSSIAN).encode(), "utf-8").endswith(RUSSIAN)


def test_the_byte_order_mark_goes_before_the_header():
    assert decode_page(RUSSIAN.encode("utf-8-sig"), "koi8-r") == RUSSIAN
    assert decode_page(b"\xfe\xff" + RUSSIAN.encode("utf-16-be"), "utf-8") == RUSSIAN


def test_a_declaration_of_utf_16_that_can_be_read_means_utf_8():
    assert decode_page(("<meta charset=utf-16>" + RUSSIAN).encode()).endswith(RUSSIAN)


def test_plain_text_declares_nothing():
    assert decode_page(("<meta charset=koi8-r>" + RUSSIAN).encode(), is_html=False).endswith(RUSSIAN)


def test_a_page_that_was_cut_inside_a_character_is_utf_8():
    assert decode_page(RUSSIAN.encode() + "ж".encode()[:1]) == RUSSIAN + "\ufffd"


def test_bytes_without_meaning_become_the_replacement_character():
    assert decode_page(b"a\xffb", "utf-8") == "a\ufffdb"
    assert decode_page(b"\xff\xfe\x00\xd8a\x00") == "\ufffda"


@pytest.mark.parametrize(
    "data", [b"", b"\x81", b"\x00" * 10, bytes(range(256)), b"\xff\xfe", b"<meta charset", b"<meta charset=>"]
)
@pytest.mark.parametrize("charset", [None, "", "\x00", "ü", "utf-7", "utf-16", "replacement"])
def test_nothing_is_too_odd(data, charset):
    decode_page(data, charset).encode()


@pytest.mark.parametrize(
    ("data", "charset", "verdict"),
    [
        (b"\xff\xfea\x00", None, True),
        (b"\xfe\xff\x00a", None, True),
        (b"a\x00", "UTF-16", True),
        (b"a\x00", "unicode", True),
        (b"\xef\xbb\xbfa", "utf-16", False),
        (b"a", "utf-8", False),
        (b"", None, False),
    ],
)
def test_utf_16_is_told_by_its_mark_or_the_header(data, charset, verdict):
    assert is_utf16(data, charset) is verdict
