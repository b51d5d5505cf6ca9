import pyarrow as pa
import pytest

from crawlsieve.filters.pii import EMAILS, IPV4
from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.redact import Redact


def batch(*texts):
    rows = [
        {
            "shard": 0,
            "row": number,
            "id": number.to_bytes(16, "big"),
            "source_path": "x",
            "source_offset": 0,
            "text": text,
            "url": "mailto:joe@corp.com",
            "reasons": [],
            "settled": False,
        }
        for number, text in enumerate(texts)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD)


def test_addresses_are_replaced_and_counted():
    after = Redact()(batch("joe@corp.com and jim@corp.com at 8.8.8.8", "nothing", "mail@example.com 10.0.0.1", None))

    first, *others = after.column("text").to_pylist()
    assert others == ["nothing", "mail@example.com 10.0.0.1", None]
    assert any(email in first for email in EMAILS)
    assert any(address in first for address in IPV4)
    assert after.column("emails_redacted").to_pylist() == [2, 0, 0, None]
    assert after.column("ip_addresses_redacted").to_pylist() == [1, 0, 0, None]


def test_nothing_but_the_text_is_touched():
    before = batch("joe@corp.com", None)
    after = Redact()(before)

    assert after.schema.equals(pa.schema([*RECORD, *Redact().adds]), check_metadata=True)
    assert after.drop_columns(["text", *Redact().adds.names]).equals(before.drop_columns(["text"]))


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({}, ["emails_redacted", "ip_addresses_redacted"]),
        ({"emails": False}, ["ip_addresses_redacted"]),
        ({"ip_addresses": False}, ["emails_redacted"]),
    ],
)
def test_each_kind_can_be_left_alone(options, columns):
    after = Redact(**options)(batch("joe@corp.com 8.8.8.8"))

    assert after.schema.names[len(RECORD) :] == columns
    assert ("joe@corp.com" in after.column("text")[0].as_py()) == (options.get("emails") is False)
    assert ("8.8.8.8" in after.column("text")[0].as_py()) == (options.get("ip_addresses") is False)


def test_to_redact_nothing_is_an_error():
    with pytest.raises(ValueError, match="replaces nothing"):
        Redact(emails=False, ip_addresses=False)


def test_a_batch_of_no_rows_and_a_slice_are_batches():
    assert len(Redact()(batch())) == 0
    assert Redact()(batch("joe@corp.com", "jim@corp.com", None).slice(1)).column("emails_redacted").to_pylist() == [
        1,
        None,
    ]


def test_another_cut_into_batches_and_another_order_give_the_same_texts():
    texts = [f"user{number}@corp.com is at 8.8.{number}.8" for number in range(20)]
    step = Redact(seed=7)
    together = step(batch(*texts)).column("text").to_pylist()

    assert [step(batch(text)).column("text")[0].as_py() for text in texts] == together
    assert step(batch(*reversed(texts))).column("text").to_pylist() == together[::-1]
    assert Redact(seed=8)(batch(*texts)).column("text").to_pylist() != together
