"""A fastText model written by hand: every word means its label. Layout: FastText::saveModel, version 12, softmax."""

import struct

import numpy as np


def write_model(path, meanings, magic=793712314, version=12):
    """Write a model in which each word of `meanings` (word -> label) stands for that label.

    Of texts with words of several labels, the one with most words wins; unknown words mean nothing.
    """
    labels = list(dict.fromkeys(meanings.values()))
    words = ["</s>", *meanings]
    vectors = np.zeros((len(words), len(labels)), np.float32)
    for row, word in enumerate(words[1:], 1):
        vectors[row, labels.index(meanings[word])] = 16
    arguments = struct.pack("<12id", len(labels), 5, 1, 1, 5, 1, 3, 3, 0, 0, 0, 100, 1e-4)
    sizes = struct.pack("<iiiqq", len(words) + len(labels), len(words), len(labels), len(words), -1)
    entries = [word.encode() + b"\0" + struct.pack("<qb", 1, 0) for word in words]
    entries += [f"__label__{label}".encode() + b"\0" + struct.pack("<qb", 1, 1) for label in labels]
    matrices = [vectors, np.eye(len(labels), dtype=np.float32)]
    path.write_bytes(
        struct.pack("<ii", magic, version)
        + arguments
        + sizes
        + b"".join(entries)
        + b"".join(b"\0" + struct.pack("<qq", *matrix.shape) + matrix.tobytes() for matrix in matrices)
    )
    return str(path)
