"""The balance, and where a run says that it does not hold."""

from collections import Counter

import pytest

from crawlsieve.pipelines.close import check_balance
from crawlsieve.pipelines.lock import sole_writer
from crawlsieve.pipelines.resume import changes
from crawlsieve.stages.errors import BalanceError, CrawlsieveError

STEPS = {
    "read": {"records": 10},
    "judge": {"rows_in": 9, "rows_out": 9},
    "sink": {"documents": 6, "rejected": 3, "failed": 1},
}
ROWS = Counter(documents=4, rejected=3, duplicates=2, failed=1)


def test_a_run_balances_when_every_record_is_in_one_table():
    check_balance(STEPS, ROWS)


@pytest.mark.parametrize("table", ["documents", "rejected", "duplicates", "failed"])
def test_a_row_that_is_missing_from_a_table_is_told(table):
    with pytest.raises(BalanceError, match="10 records were read, 9 are in the tables"):
        check_balance(STEPS, ROWS - Counter({table: 1}))


def test_a_step_that_loses_a_row_is_named():
    steps = {**STEPS, "judge": {"rows_in": 9, "rows_out": 8}}
    with pytest.raises(BalanceError, match="step judge took 9 rows and gave 8"):
        check_balance(steps, ROWS)


def test_a_row_lost_between_reader_and_tables_is_told():
    steps = {**STEPS, "sink": {"documents": 5, "rejected": 3, "failed": 1}}
    with pytest.raises(BalanceError, match="10 records were read, 9 came out of the chain"):
        check_balance(steps, ROWS)


def test_a_second_run_on_the_same_output_is_told_who_holds_it(tmp_path):
    work = str(tmp_path / "_work")
    told = r"is being written by process \d+; wait for it, or choose"
    with sole_writer(work), pytest.raises(CrawlsieveError, match=told), sole_writer(work):
        pass
    with sole_writer(work):
        pass


def test_an_object_store_has_no_lock():
    with sole_writer("memory://out/_work"), sole_writer("memory://out/_work"):
        pass


def state(at_least=0.65, size=3, files="aa"):
    steps = [{"name": "language", "version": 1, "options": {"keep": ["en"], "at_least": at_least}}]
    common = {"crawlsieve": "1", "steps": steps, "files": {"lid.ftz": files}}
    return {"common": common, "inputs": {"a.warc.gz": {"size": size, "version": "1"}}}


def test_what_changed_since_the_last_run_is_named():
    assert changes(state(), state()) == []
    assert changes(state(), state(at_least=0.5)) == ["steps.language.options.at_least changed"]
    assert changes(state(), state(files="bb")) == ["files.lid.ftz changed"]
    assert changes(state(), state(size=4)) == ["input a.warc.gz changed"]


def test_inputs_that_came_or_went_are_named():
    more = state()
    more["inputs"]["b.warc.gz"] = {"size": 1, "version": "2"}

    assert changes(state(), more) == ["input b.warc.gz is new"]
    assert changes(more, state()) == ["input b.warc.gz is gone"]


def test_another_list_of_steps_is_one_change():
    other = state()
    other["common"]["steps"] = []

    assert changes(state(), other) == ["steps changed"]
