"""A tokenizer whose tokens are words, so that a test can count them itself."""

from pathlib import Path


def in_words(text):
    """The size of a text in tokens of `word_tokenizer`."""
    return len(text.split())


def word_tokenizer(path, splits=None):
    """The file of a tokenizer that splits at white space, and at the text `splits`."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    between = [pre_tokenizers.WhitespaceSplit()]
    if splits is not None:
        between.append(pre_tokenizers.Split(Regex(splits), "isolated"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(between)
    tokenizer.save(str(path))
    return str(Path(path))
