import hashlib

from crawlsieve.pipelines.fingerprint import fingerprint, sha256_of


def test_keys_do_not_change_from_release_to_release():
    assert fingerprint({"b": ["é", 1], "a": None}) == "e2f2eaacd734320de9d5e753ac826393"


def test_the_order_of_a_mapping_and_tuples_do_not_matter():
    assert fingerprint({"a": (1, 2), "b": 3}) == fingerprint({"b": 3, "a": [1, 2]})
    assert fingerprint({"a": [1, 2]}) != fingerprint({"a": [2, 1]})
    assert fingerprint({"a": {"b": frozenset({1})}}) == fingerprint({"a": {"b": [1]}})


def test_a_file_is_hashed_whole(tmp_path):
    content = bytes(range(256)) * (1 << 13)
    (tmp_path / "a").write_bytes(content)

    assert sha256_of(str(tmp_path / "a")) == hashlib.sha256(content).hexdigest()
