import errno
import mmap
import os
import resource
import struct

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from crawlsieve.dedup.bloom import Bloom
from crawlsieve.dedup.bloom_sizes import BloomSize
from crawlsieve.stages import bloom_file
from crawlsieve.stages.bloom_file import BloomFileError, load_bloom, save_bloom
from crawlsieve.stages.errors import CrawlsieveError

SIZE = BloomSize(1_000, 1e-5, 14)
PARAMETERS = {"seed": 7, "shingles": "word-5", "normalisation": {"version": 2, "form": "NFC"}}


def keys(number, bands=14, seed=0):
    return np.random.default_rng(seed).integers(-(2**63), 2**63, (number, bands))


def filled(number=900, when_full="refuse", size=SIZE):
    bloom = Bloom(size, when_full)
    bloom.add(keys(number, size.bands))
    return bloom


def assert_same(one, two):
    assert one.size == two.size
    assert (one.when_full, one.inserted) == (two.when_full, two.inserted)
    for mine, theirs in zip(one.layers, two.layers, strict=True):
        assert mine.size == theirs.size
        assert (mine.bits == theirs.bits).all()
        assert (mine.counts == theirs.counts).all()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "gen-1" / "band.bloom"
    save_bloom(str(path), filled(), PARAMETERS)
    return path


def refused(path, **options):
    """The message that the file is refused with, without its path."""
    with pytest.raises(BloomFileError) as told:
        load_bloom(str(path), **options)
    message = str(told.value)
    assert message.startswith(f"{path} ")
    return message.removeprefix(f"{path} ")


def changed(path, place, value):
    """Set one byte of the file."""
    data = bytearray(path.read_bytes())
    data[place] = value
    path.write_bytes(data)


@pytest.mark.parametrize("number", [0, 900, 9_000])
@pytest.mark.parametrize("when_full", ["warn", "refuse", "grow"])
@pytest.mark.parametrize("writable", [True, False])
@pytest.mark.parametrize("scheme", ["memory://bloom", "file://{}", "{}"])
def test_what_is_loaded_is_what_was_saved(tmp_path, scheme, writable, when_full, number):
    path = scheme.format(tmp_path) + "/band.bloom"
    bloom = filled(number, when_full, BloomSize(10_000 if when_full != "grow" else 1_000, 1e-5, 14))
    save_bloom(path, bloom, PARAMETERS)

    loaded, parameters = load_bloom(path, writable=writable)

    assert parameters == PARAMETERS
    assert_same(loaded, bloom)
    assert loaded.contains(keys(number)).all()


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=40),
    st.sampled_from(["refuse", "grow"]),
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers() | st.text("aü") | st.none()),
)
def test_saving_and_loading_changes_nothing(numbers, when_full, parameters):
    bloom = Bloom(BloomSize(60 if when_full == "refuse" else 5, 1e-3, 1), when_full)
    bloom.add(np.array(numbers, np.int64).reshape(-1, 1))
    save_bloom("memory://law.bloom", bloom, parameters)

    loaded, stored = load_bloom("memory://law.bloom", size=bloom.size, parameters=parameters)

    assert stored == parameters
    assert_same(loaded, bloom)


def test_equal_filters_are_equal_files(saved, tmp_path):
    bloom = Bloom(SIZE)
    bloom.add(keys(900)[450:])
    bloom.add(keys(900)[:450])
    save_bloom(str(tmp_path / "again"), bloom, dict(reversed(PARAMETERS.items())))

    assert (tmp_path / "again").read_bytes() == saved.read_bytes()


def test_a_file_is_hardly_larger_than_its_words(tmp_path):
    size = BloomSize(200_000, 1e-5, 14)
    save_bloom(str(tmp_path / "a"), filled(10, size=size), PARAMETERS)

    assert (tmp_path / "a").stat().st_size == 4096 + size.bytes < 53 * 200_000


@pytest.mark.parametrize("scheme", ["memory://reading", "{}"])
def test_filters_are_for_reading_unless_asked_otherwise(tmp_path, scheme):
    path = scheme.format(tmp_path) + "/band.bloom"
    save_bloom(path, filled(), {})

    reader, _ = load_bloom(path)
    writer, _ = load_bloom(path, writable=True)

    with pytest.raises(ValueError, match="opened for reading"):
        reader.add(keys(1, seed=1))
    writer.add(keys(1, seed=1))
    assert writer.contains(keys(1, seed=1)).all()
    assert_same(load_bloom(path)[0], filled())


def test_a_local_file_is_mapped_and_not_read(saved):
    def holder(bits):
        while isinstance(bits, np.ndarray):
            bits = bits.base
        return bits.obj

    assert isinstance(holder(load_bloom(str(saved))[0].layers[0].bits), mmap.mmap)
    assert not isinstance(holder(load_bloom(str(saved), writable=True)[0].layers[0].bits), mmap.mmap)


def test_filters_stay_as_they_were_loaded_when_the_file_is_replaced(saved):
    before, _ = load_bloom(str(saved))
    save_bloom(str(saved), Bloom(SIZE), {})

    assert before.contains(keys(900)).all()
    assert not load_bloom(str(saved))[0].contains(keys(900)).any()


def test_what_was_asked_is_compared(saved):
    load_bloom(str(saved), size=SIZE, parameters=PARAMETERS)

    assert refused(saved, size=BloomSize(1_000, 1e-6, 9)) == (
        "was made with other parameters: bands is 14 in the file, 9 here; rate is 1e-05 in the file, 1e-06 here."
    )
    assert refused(saved, parameters={**PARAMETERS, "seed": 8}) == (
        "was made with other parameters: seed is 7 in the file, 8 here."
    )
    assert refused(saved, parameters={"seed": 7, "shingles": "word-5", "new": None}) == (
        "was made with other parameters: new is missing in the file, null here; "
        'normalisation is {"form": "NFC", "version": 2} in the file, missing here.'
    )


def test_true_is_not_one(tmp_path):
    save_bloom(str(tmp_path / "a"), filled(), {"fold": True})

    assert "fold is true in the file, 1 here" in refused(tmp_path / "a", parameters={"fold": 1})


def test_a_tuple_is_a_list_as_json_knows_no_other(tmp_path):
    save_bloom(str(tmp_path / "a"), filled(), {"rows": (1, 2)})

    assert load_bloom(str(tmp_path / "a"), parameters={"rows": (1, 2)})[1] == {"rows": [1, 2]}


def test_keys_that_became_bits_in_another_way_are_refused(saved, monkeypatch):
    monkeypatch.setattr(bloom_file, "HASHING", 2)

    assert refused(saved) == "was made with other parameters: hashing is 1 in the file, 2 here."


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("left", [8, 20, 31, 32, 500, 4095])
def test_a_file_cut_off_within_its_header_is_refused(saved, left, verify):
    saved.write_bytes(saved.read_bytes()[:left])

    assert refused(saved, verify=verify) == "is cut off within its header. Restore it, or build it again."


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("missing", [1, 8, 10_000])
def test_a_file_cut_off_within_its_payload_is_refused(saved, missing, verify):
    whole = saved.read_bytes()
    saved.write_bytes(whole[:-missing])

    assert refused(saved, verify=verify) == (
        f"is cut off: it has {len(whole) - missing:,} bytes, its header says {len(whole):,}. "
        "Restore it, or build it again."
    )


def test_a_file_that_goes_on_is_refused(saved):
    saved.write_bytes(saved.read_bytes() + b"x")

    assert refused(saved).startswith("goes on behind its end: ")


@pytest.mark.parametrize("place", [12, 16, 31, 32, 100, 4095])
def test_a_byte_of_the_header_that_changed_is_seen(saved, place):
    changed(saved, place, saved.read_bytes()[place] ^ 1)

    assert refused(saved, verify=False) == (
        "is damaged: its header has another checksum. Restore it, or build it again."
    )


@pytest.mark.parametrize("place", [4096, 20_000, -1])
@pytest.mark.parametrize("writable", [True, False])
def test_a_byte_of_the_payload_that_changed_is_seen_unless_it_is_not_looked_at(saved, place, writable):
    changed(saved, place, saved.read_bytes()[place] ^ 1)

    assert refused(saved, writable=writable) == (
        "is damaged: its payload has another checksum. Restore it, or build it again."
    )
    load_bloom(str(saved), writable=writable, verify=False)


@pytest.mark.parametrize(("version", "advice"), [(2, "Update crawlsieve."), (0, "Restore it, or build it again.")])
def test_another_version_is_refused(saved, version, advice):
    changed(saved, 8, version)

    assert refused(saved) == f"has version {version} of the format, this crawlsieve reads 1. {advice}"


@pytest.mark.parametrize("content", [b"PAR1" * 2000, b"P", b"crlsblum" + bytes(100)])
def test_another_file_is_none_of_bloom_filters(tmp_path, content):
    (tmp_path / "a").write_bytes(content)

    assert refused(tmp_path / "a") == "is no file of Bloom filters."


@pytest.mark.parametrize("content", [b"", b"crls"])
def test_an_empty_file_is_cut_off(tmp_path, content):
    (tmp_path / "a").write_bytes(content)

    assert refused(tmp_path / "a").startswith("is cut off within its header")


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path):
    assert refused(tmp_path / "a") == "cannot be read (No such file or directory)."


def test_the_errors_are_ones_that_a_user_reads():
    assert issubclass(BloomFileError, CrawlsieveError)


def test_a_disk_that_is_full_leaves_the_old_file_as_it_was(saved, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = saved.read_bytes()
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(BloomFileError, match=r"band\.bloom cannot be written \(No space left on device\)"):
        save_bloom(str(saved), Bloom(SIZE), {})

    assert saved.read_bytes() == before
    assert [*saved.parent.iterdir()] == [saved]


def test_a_write_that_stops_in_the_middle_leaves_the_old_file_as_it_was(saved):
    before, limits = saved.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(BloomFileError, match=r"band\.bloom cannot be written \(File too large\)"):
            save_bloom(str(saved), Bloom(SIZE), {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert saved.read_bytes() == before
    assert [*saved.parent.iterdir()] == [saved]


def test_parameters_that_are_not_json_are_refused_before_anything_is_written(tmp_path):
    for wrong, error in (({"a": {1, 2}}, TypeError), ({"a": float("nan")}, ValueError)):
        with pytest.raises(error):
            save_bloom(str(tmp_path / "a"), filled(), wrong)

    assert [*tmp_path.iterdir()] == []


def test_the_format_is_that_of_version_1(saved):
    data = saved.read_bytes()
    magic, version, length, digest = struct.unpack_from("<8sII16s", data)

    assert (magic, version) == (b"crlsblom", 1)
    assert digest == xxhash.xxh3_128_digest(data[8:16] + data[32:4096])
    assert data[32 + length : 4096] == bytes(4096 - 32 - length)
    assert data[32 : 32 + length].startswith(b'{"bands": 14, "documents": 1000, "hashing": 1, "inserted": 900, ')
    assert data[4096:] == filled().layers[0].bits.astype("<u8").tobytes()
    assert xxhash.xxh3_128_hexdigest(data[4096:]).encode() in data[:4096]
