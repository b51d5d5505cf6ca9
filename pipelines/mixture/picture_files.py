"""Pictures beside a file of weights: what they are called, and which of them are there. Nothing here draws."""

import posixpath

from crawlsieve.pipelines.standing import opened

WEIGHTS, PREDICTED, LOSS, REPETITION = "weights", "predicted", "loss", "repetition"
TITLES = {
    WEIGHTS: "Recommended weights, with their intervals",
    PREDICTED: "Loss predicted and observed, run by run",
    LOSS: "Predicted loss over tokens and epochs",
    REPETITION: "What repeated tokens are worth",
}
"""Kind -> title, in the order in which they are shown."""
SUFFIXES = (".png", ".svg")


def picture(weights: str, kind: str) -> str:
    """Where a picture stands, without its suffix: `W_loss` for `W.yaml` and the kind `loss`.

    Args:
        weights: a file of weights; a path, or any address that fsspec knows.
        kind: of TITLES.
    """
    return f"{posixpath.splitext(weights)[0]}_{kind}"


def pictures_beside(weights: str) -> dict[str, str]:
    """Title -> address of the SVG, of each picture that `mix recommend` left beside the weights; empty if none.

    Raises:
        CrawlsieveError: nobody knows the protocol of the address.
    """
    system, _ = opened(weights)
    places = {title: f"{picture(weights, kind)}.svg" for kind, title in TITLES.items()}
    return {title: place for title, place in places.items() if system.exists(place)}
