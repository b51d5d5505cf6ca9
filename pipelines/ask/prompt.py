"""The line that is typed on: keys, colours, completion, history."""

from collections.abc import Callable, Iterable

import duckdb
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer

from crawlsieve.pipelines.ask.completion import SqlCompleter
from crawlsieve.pipelines.ask.history import history_path, opened_history
from crawlsieve.pipelines.ask.lines import empty, ended

_MARK = "sql> "
_MORE = "...> "


def prompt(connection: duckdb.DuckDBPyConnection, dots: dict[str, Callable[[], Iterable[str]]]) -> Callable[[], str]:
    """A function that returns what was typed: a command with a dot, or statements up to their semicolon.

    It raises KeyboardInterrupt on Ctrl-C and EOFError on Ctrl-D.

    Args:
        connection: whose names Tab offers.
        dots: command with a dot -> what Tab offers behind it.
    """
    typed: PromptSession[str] = PromptSession(
        history=opened_history(history_path()),
        completer=SqlCompleter(connection, dots),
        complete_while_typing=False,
        auto_suggest=AutoSuggestFromHistory(),
        lexer=PygmentsLexer(SqlLexer),
        key_bindings=_keys(),
        multiline=True,
        prompt_continuation=_MORE,
    )
    return lambda: typed.prompt(_MARK)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        """The end of a statement, or a new line in it; in the list of Tab, the choice."""
        buffer = event.current_buffer
        if completion_is_selected():
            buffer.complete_state = None
        elif _complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys


def _complete(text: str) -> bool:
    return empty(text) or text.lstrip().startswith(".") or ended(text)
