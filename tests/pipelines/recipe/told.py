"""What a wrong recipe is told."""

import pytest

from crawlsieve.stages.errors import RecipeError

OPTIONS = "Options: name, seed, source, output, keep_rejected, card, engine, steps."


def told(act, *given, **named):
    with pytest.raises(RecipeError) as caught:
        act(*given, **named)
    return str(caught.value)
