import sys

import pytest

from crawlsieve.pipelines.cli import main
from crawlsieve.pipelines.printable import printable


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x00", "\x7f", "\x9b", "\u202e", "\u200b", "\r", "\n", "\t"])
def test_what_a_terminal_would_obey_is_a_space(character):
    assert printable(f"a{character}b") == "a b"


def test_letters_of_any_script_stay_and_so_does_what_is_asked_for():
    assert printable("añ漢🙂\n\t", but="\n") == "añ漢🙂\n "


def test_the_words_of_an_error_do_not_steer_the_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["crawlsieve", "explain", "no\x1b[31mwhere", "x"])
    with pytest.raises(SystemExit):
        main()

    said = capsys.readouterr().err
    assert "no [31mwhere: no such directory" in said
    assert "\x1b" not in said
