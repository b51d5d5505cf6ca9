"""What stops a command is told with the way on."""

import signal

import pytest
import typer

from crawlsieve.pipelines.cli_options import INTERRUPTED, going_on
from crawlsieve.stages.errors import CrawlsieveError


def test_ctrl_c_is_told_even_if_a_library_makes_another_error_of_it(capsys):
    with pytest.raises(typer.Exit) as left, going_on("out"):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise SystemError("a callback was interrupted") from None

    assert left.value.exit_code == INTERRUPTED
    assert "The same command goes on with the shards that out lacks" in capsys.readouterr().err


def test_afterwards_ctrl_c_is_handled_as_before():
    before = signal.getsignal(signal.SIGINT)
    with going_on("out"):
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before


def test_who_was_told_to_ignore_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with going_on("out"):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_full_disk_is_told_with_the_way_on():
    with pytest.raises(CrawlsieveError, match=r"No space left.*The same command goes on"), going_on("out"):
        raise OSError(28, "No space left on device", "out/documents/x.parquet")


def test_other_errors_pass():
    with pytest.raises(CrawlsieveError, match=r"^no such shard$"), going_on("out"):
        raise CrawlsieveError("no such shard")
