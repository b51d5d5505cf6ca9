"""Domains small enough to train on in a second: each has letters of its own, and words."""

import gzip
import json
import random

LETTERS = {"dogs": "abcde", "cats": "fghij", "fish": "klmno"}


def write_domains(folder, documents=40, words=60):
    """`folder`/DOMAIN/train.jsonl.gz and valid.jsonl.gz; a domain has 12 words, so that there is much to learn."""
    for name, letters in LETTERS.items():
        chance = random.Random(name)  # noqa: S311 - no secret
        known = ["".join(chance.choices(letters, k=chance.randint(2, 6))) for _ in range(12)]
        (folder / name).mkdir(parents=True)
        for part, count in (("train", documents), ("valid", documents // 4)):
            with gzip.open(folder / name / f"{part}.jsonl.gz", "wt") as file:
                for _ in range(count):
                    file.write(json.dumps({"text": " ".join(chance.choices(known, k=words))}) + "\n")
    return folder


def write_design(path, rows=((1, 0, 0), (0, 1, 0), (0, 0, 1), (0.2, 0.3, 0.5))):
    """The table of mixtures: dogs, fish, cats, which is not in order of name."""
    lines = ["index,dogs,fish,cats", *(",".join(map(str, [10 + n, *row])) for n, row in enumerate(rows))]
    path.write_text("\n".join(lines) + "\n")
    return path
