import numpy as np

from crawlsieve.filters.ratio import ratio


def test_a_ratio_is_one_division_and_null_without_a_whole():
    assert ratio(np.array([1, 0, 0, 5]), np.array([3, 7, 0, 0])).to_pylist() == [1 / 3, 0.0, None, None]


def test_a_ratio_of_no_rows_has_no_rows():
    assert ratio(np.zeros(0, np.int64), np.zeros(0, np.int64)).to_pylist() == []
