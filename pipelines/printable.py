"""Text of unknown origin, fit for a terminal."""


def printable(text: str, but: str = "") -> str:
    """The text with a space for every character that a terminal would obey, or that nobody sees.

    Args:
        text: of a document, a file's name, another program's message.
        but: characters that stay all the same, line breaks say.
    """
    return "".join(character if character.isprintable() or character in but else " " for character in text)
