"""What stands of a mixture, and what of it is of another one."""

from crawlsieve.pipelines.mixture.weighted.work import Mixture
from crawlsieve.stages.files import join, remove, sizes


def standing(mixture: Mixture) -> dict[str, int]:
    """Path below the output -> bytes, of every file in the folder of the mixture."""
    found = sizes(join(mixture.output, mixture.table))
    return {join(mixture.table, path): size for path, size in found.items()}


def sweep(mixture: Mixture, known: set[str]) -> None:
    """Remove files that are not `known`, and work that this mixture does not use."""
    for path in standing(mixture).keys() - known:
        remove(join(mixture.output, path))
    used = {"measured": {*mixture.measured}, "staged": {*mixture.staged}, "published": {mixture.key}}
    for folder, keys in used.items():
        place = mixture.folder(folder)
        for name in {path.partition("/")[0] for path in sizes(place)} - keys:
            remove(join(place, name))
