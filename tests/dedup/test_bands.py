"""Band keys: collisions, layouts, S-curves."""

import itertools

import numpy as np
import pytest
from datasketch.lsh import _optimal_param
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.dedup import bands
from crawlsieve.dedup.bands import LAYOUTS, Bands, describe_curves, from_recall, from_threshold
from crawlsieve.dedup.minhash import MinHash
from crawlsieve.dedup.shingles import Shingles

unhurried = settings(deadline=None)
EMPTY = 2**32 - 1


def keys(rows, layout):
    found, present = layout.keys(np.array(rows, np.uint32))
    assert present.all()
    return found


def mix(h):
    h ^= h >> 33
    h = h * 0xFF51AFD7ED558CCD % 2**64
    h ^= h >> 33
    h = h * 0xC4CEB9FE1A85EC53 % 2**64
    return h ^ h >> 33


@pytest.mark.parametrize("kind", [np.uint32, np.uint64])
def test_a_key_is_the_chained_mix_of_band_and_values(kind):
    salt = 0xA0761D6478BD642F
    row = np.random.default_rng(0).integers(0, np.iinfo(kind).max, 7, kind)

    found, _ = Bands(2, 3).keys(row[None, :])

    for band in range(2):
        h = mix(band + salt)
        for value in row[3 * band : 3 * band + 3].tolist():
            h = mix(((h ^ value) + salt) % 2**64)
        assert int(found[0, band]) % 2**64 == h


def test_200_000_unrelated_signatures_share_no_key():
    """Minima of 1,000 shingles, in which the sums of LSHBloom's published code collide thousands of times."""
    rng = np.random.default_rng(5)
    minima = (rng.exponential(2**32 / 1000, (200_000, 112))).astype(np.uint32)

    found, _ = Bands(14, 8).keys(minima)

    assert len(np.unique(found)) == found.size
    sums = minima.reshape(-1, 14, 8).astype(np.uint64).sum(axis=2)
    assert sum(len(column) - len(np.unique(column)) for column in sums.T) > 1000


def test_values_in_another_order_have_another_key():
    rows = [list(order) for order in itertools.permutations([3, 5, 7, 11, 13, 17])]

    assert len(np.unique(keys(rows, Bands(1, 6)))) == 720


def test_values_that_make_up_for_each_other_have_another_key():
    """Equal sums, equal XORs, swapped halves, small numbers."""
    rows = [[a, b, c] for a in range(24) for b in range(24) for c in range(24)]
    rows += [[a << 16, b << 16, 0] for a in range(1, 24) for b in range(1, 24)]

    assert len(np.unique(keys(rows, Bands(1, 3)))) == len(rows)


def test_equal_values_in_two_bands_have_two_keys():
    found = keys([[9, 9] * 50], Bands(50, 2))

    assert len(np.unique(found)) == 50


@unhurried
@given(st.lists(st.lists(st.integers(0, 1), min_size=6, max_size=6), min_size=1, max_size=8))
def test_documents_share_a_key_if_and_only_if_a_band_is_equal(rows):
    layout = Bands(3, 2)
    found = keys(rows, layout)

    for (i, left), (j, right) in itertools.combinations(enumerate(rows), 2):
        shared = [left[2 * band : 2 * band + 2] == right[2 * band : 2 * band + 2] for band in range(3)]
        assert (found[i] == found[j]).tolist() == shared


@unhurried
@given(st.lists(st.lists(st.integers(0, EMPTY), min_size=4, max_size=4), min_size=1, max_size=6), st.data())
def test_rows_do_not_depend_on_their_neighbours(rows, data):
    order = data.draw(st.permutations(range(len(rows))))
    rows = np.array(rows, np.uint32)

    found, present = Bands(2, 2).keys(rows)
    again, present_again = Bands(2, 2).keys(rows[order])

    assert again.tolist() == found[order].tolist()
    assert present_again.tolist() == present[order].tolist()


def test_an_empty_document_has_no_key():
    signatures = MinHash(8).signatures(Shingles(np.array([0, 0, 2]), np.array([1, 2], np.uint64)))

    found, present = Bands(2, 4).keys(signatures)

    assert present.tolist() == [False, True]
    assert found[0].tolist() == [0, 0]
    assert (found[1] != 0).all()


def test_places_behind_the_last_band_do_not_matter():
    assert keys([[1, 2, 3, 4, 5]], Bands(2, 2)).tolist() == keys([[1, 2, 3, 4, 6]], Bands(2, 2)).tolist()


def test_short_signatures_are_refused():
    with pytest.raises(ValueError, match="14 bands of 8 rows need 112 permutations, not 111"):
        Bands(14, 8).keys(np.zeros((1, 111), np.uint32))


@pytest.mark.parametrize(("count", "rows"), [(0, 1), (1, 0)])
def test_a_layout_has_places(count, rows):
    with pytest.raises(ValueError, match=f"{count} bands of {rows} rows"):
        Bands(count, rows)


def test_pairs_share_a_key_as_often_as_the_curve_says():
    rng = np.random.default_rng(11)
    members = rng.integers(0, 2**64 - 1, (4000, 120), np.uint64)  # 80 of 120 in both: J = 2/3
    first = np.arange(4001) * 100
    layout, minhash = Bands(14, 8), MinHash(112)
    left, right = (
        layout.keys(minhash.signatures(Shingles(first, np.ascontiguousarray(part).ravel())))[0]
        for part in (members[:, :100], members[:, 20:])
    )

    share = (left == right).any(axis=1).mean()

    chance = layout.s_curve(80 / 120)
    assert abs(share - chance) < 4 * (chance * (1 - chance) / 4000) ** 0.5


@pytest.mark.parametrize(
    ("layout", "curve"),
    [
        (Bands(14, 8), [0.053, 0.565, 0.924, 1.0]),
        (Bands(450, 20), [0.000, 0.302, 0.995, 1.0]),
        (Bands(20, 13), [0.002, 0.177, 0.677, 0.997]),
        (Bands(9, 13), [0.001, 0.084, 0.399, 0.929]),
        (Bands(14, 9), [0.027, 0.438, 0.867, 0.999]),
        (Bands(93, 15), [0.003, 0.358, 0.964, 1.0]),
        (Bands(26, 11), [0.013, 0.405, 0.903, 1.0]),
        (Bands(42, 6), [0.484, 0.995, 1.0, 1.0]),
    ],
)
def test_the_curve_at_the_usual_places(layout, curve):
    assert layout.s_curve(np.array([0.5, 0.7, 0.8, 0.9])).round(3).tolist() == curve
    assert layout.s_curve(np.array([0.0, 1.0])).tolist() == [0, 1]


def test_the_table_of_curves():
    assert describe_curves([Bands(14, 8), Bands(9, 13)], (0.5, 0.75)) == (
        "| bands x rows | 0.5 | 0.75 |\n| --- | ---: | ---: |\n| 14 x 8 | 0.053 | 0.772 |\n| 9 x 13 | 0.001 | 0.195 |\n"
    )


@pytest.mark.parametrize("permutations", [64, 128, 256])
@pytest.mark.parametrize("threshold", [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.72, 0.75, 0.8, 0.85, 0.9, 0.95])
def test_a_threshold_chooses_as_datasketch_does(threshold, permutations):
    layout = from_threshold(threshold, permutations)

    assert (layout.bands, layout.rows) == _optimal_param(threshold, permutations, 0.5, 0.5)


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.7, 0.8, 0.9])
@pytest.mark.parametrize("recall", [0.5, 0.9, 0.99])
def test_recall_chooses_the_strictest_layout_that_reaches_it(similarity, recall):
    def false_positives(layout):
        return layout.s_curve(np.linspace(0, similarity, 2001)).mean()

    chosen = from_recall(similarity, recall, 64)

    assert chosen.places <= 64
    assert chosen.s_curve(similarity) >= recall
    for count in range(1, 65):
        for rows in range(1, 64 // count + 1):
            other = Bands(count, rows)
            if other.s_curve(similarity) >= recall:
                assert false_positives(chosen) <= false_positives(other) * 1.001


def test_a_recall_that_no_layout_reaches_is_refused():
    with pytest.raises(ValueError, match=r"no layout of 4 .* finds 0.9 .* similarity 0.3: 4 bands of 1 row find 0.760"):
        from_recall(0.3, 0.9, 4)


@pytest.mark.parametrize("bound", [0, 1, -0.5, float("nan")])
def test_bounds_of_the_choices(bound):
    with pytest.raises(ValueError, match="more than 0 and less than 1"):
        from_threshold(bound, 128)
    with pytest.raises(ValueError, match="more than 0 and less than 1"):
        from_recall(bound, 0.9, 128)
    with pytest.raises(ValueError, match="recall"):
        from_recall(0.8, bound, 128)
    with pytest.raises(ValueError, match="permutations = 0"):
        from_threshold(0.8, 0)


def test_layouts_by_name():
    sizes = {name: (layout.bands, layout.rows) for name, layout in LAYOUTS.items()}

    assert sizes == {"fineweb": (14, 8), "rpv2_0.7": (14, 9), "rpv2_0.8": (9, 13), "rpv2_0.9": (5, 25)}
    assert all(layout.places <= 128 for layout in LAYOUTS.values())


def test_a_description_has_all_that_keys_depend_on():
    assert Bands(14, 8).describe() == {"key_version": bands.VERSION, "bands": 14, "rows": 8}
