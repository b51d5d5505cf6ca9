"""Ask datatrove for its verdicts on texts of ours and on real pages, and keep them as test vectors.

    python benchmarks/conformance_vectors.py        # all; the verdicts come from .venv-peers, run as a process
    python benchmarks/conformance_vectors.py own    # only tests/data/conformance/own.jsonl

`tests/data/conformance/texts.jsonl` holds texts written for this project: one {"id", "text"} a line. The vectors of our
texts are `own.jsonl`, those of the pages in ../shared/data/html_extraction are `pages.jsonl.gz`; a page has an id and
the SHA-256 of its extracted text, never the text. A vector is, for each filter: {"pass": bool, "reason": str | null,
"values": {...}} where the values are what the filter compares, whether or not it came to compare them. `c4_quality`
also has what its line rules counted, and the text that it leaves (own texts) or the SHA-256 of it (pages).
"""

import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "data" / "conformance"
PAGES = ROOT.parent / "shared" / "data" / "html_extraction"
PEER = ROOT / ".venv-peers" / "bin" / "python"


def main() -> None:
    """Write the vectors that are asked for."""
    if "--peer" in sys.argv:
        answer(map(json.loads, sys.stdin))
        return
    wanted = sys.argv[1:] or ["own", "pages"]
    if "own" in wanted:
        with (FOLDER / "texts.jsonl").open(encoding="utf-8") as lines:
            write(FOLDER / "own.jsonl", asked(list(map(json.loads, lines))))
    if "pages" in wanted:
        write(FOLDER / "pages.jsonl.gz", map(without_text, asked(list(pages()))))


def write(path: Path, vectors: Iterable[dict]) -> None:
    """One vector a line; gzipped, without a time stamp, if the name says so."""
    lines = [json.dumps(vector, ensure_ascii=False, separators=(",", ":")) + "\n" for vector in vectors]
    content = "".join(lines).encode()
    path.write_bytes(gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content)


def pages(folder: Path = PAGES) -> Iterator[dict]:
    """{"id", "text"} of every page: the main content, as resiliparse finds it with its defaults."""
    from resiliparse.extract.html2text import extract_plain_text  # noqa: PLC0415 (the peers' environment has none)
    from resiliparse.parse.encoding import detect_encoding  # noqa: PLC0415
    from resiliparse.parse.html import HTMLTree  # noqa: PLC0415

    for path in sorted(folder.glob("*/html/*.gz")):
        raw = gzip.decompress(path.read_bytes())
        tree = HTMLTree.parse_from_bytes(raw, detect_encoding(raw))
        yield {"id": path.relative_to(folder).as_posix(), "text": extract_plain_text(tree, main_content=True)}


def asked(texts: list[dict]) -> list[dict]:
    """The vectors of the texts, in their order; datatrove runs in its own environment."""
    feed = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run([PEER, __file__, "--peer"], input=feed, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def without_text(vector: dict) -> dict:
    """The vector with the SHA-256 in the place of every text."""
    for holder in (vector, *(value for value in vector.values() if isinstance(value, dict))):
        if "text" in holder:
            text = holder.pop("text")
            holder["sha256"] = None if text is None else hashlib.sha256(text.encode()).hexdigest()
    return vector


# What follows runs in the peers' environment.


def answer(texts: Iterable[dict]) -> None:
    """Print the vector of each text."""
    from datatrove.pipeline.filters import (  # noqa: PLC0415 (the peers' environment only)
        C4ParagraphFilter,
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )

    filters = {
        "gopher_quality": (GopherQualityFilter(), gopher_quality_values),
        "gopher_repetition": (GopherRepetitionFilter(), gopher_repetition_values),
        "fineweb": (FineWebQualityFilter(), fineweb_values),
        "c4_paragraph": (C4ParagraphFilter(), c4_paragraph_values),
        "c4_quality": (C4QualityFilter(), None),
        "c4_quality_fineweb": (C4QualityFilter(filter_no_terminal_punct=False), None),
    }
    for given in texts:
        vector = {"id": given["id"], "text": given["text"]}
        for name, (step, values) in filters.items():
            vector[name] = c4_verdict(step, given["text"]) if values is None else verdict(step, given["text"])
            if values is not None:
                vector[name]["values"] = values(given["text"])
        sys.stdout.write(json.dumps(vector) + "\n")


def verdict(step: object, text: str) -> dict:
    """{"pass", "reason"}; a filter that raises is reported as such."""
    from datatrove.data import Document  # noqa: PLC0415

    try:
        found = step.filter(Document(text=text, id="x"))
    except ZeroDivisionError as error:
        return {"pass": None, "reason": type(error).__name__}
    passed, reason = found if isinstance(found, tuple) else (found, None)
    return {"pass": bool(passed), "reason": reason}


def c4_verdict(step: object, text: str) -> dict:
    """As `verdict`, with the line rules' counts and the text that is left, null if the page is dropped."""
    from datatrove.data import Document  # noqa: PLC0415

    step.stats.stats.clear()
    document = Document(text=text, id="x")
    found = step.filter(document)
    passed, reason = found if isinstance(found, tuple) else (found, None)
    counts = {name: stat.total for name, stat in step.stats.stats.items() if name.startswith("line-")}
    return {"pass": bool(passed), "reason": reason, "lines": counts, "text": document.text if passed else None}


def share(part: float, whole: float) -> float | None:
    """Part / whole to 9 decimals, null if there is nothing to divide by."""
    return round(part / whole, 9) if whole else None


def gopher_quality_values(text: str) -> dict:
    """What GopherQualityFilter compares, by the names of our columns."""
    from datatrove.pipeline.filters.gopher_quality_filter import STOP_WORDS  # noqa: PLC0415
    from datatrove.utils.text import PUNCTUATION_SET, split_into_words  # noqa: PLC0415

    words, lines = split_into_words(text), text.splitlines()
    solid = [word for word in words if not PUNCTUATION_SET.issuperset(word)]
    bare = [line.strip() for line in lines]
    return {
        "word_count": len(solid),
        "mean_word_length": share(sum(map(len, solid)), len(solid)),
        "hash_to_word_ratio": share(text.count("#"), len(words)),
        "ellipsis_to_word_ratio": share(text.count("...") + text.count("…"), len(words)),
        "bullet_line_ratio": share(sum(line.startswith(("•", "-")) for line in bare), len(lines)),
        "ellipsis_line_ratio": share(sum(line.endswith(("...", "…")) for line in bare), len(lines)),
        "alphabetic_word_ratio": share(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        "stop_word_count": len(set(STOP_WORDS) & set(words)),
    }


def gopher_repetition_values(text: str) -> dict:
    """What GopherRepetitionFilter compares, by the names of our columns, and `words` that they are made of."""
    from datatrove.pipeline.filters import GopherRepetitionFilter  # noqa: PLC0415
    from datatrove.pipeline.filters import gopher_repetition_filter as peer  # noqa: PLC0415
    from datatrove.utils.text import split_into_words  # noqa: PLC0415

    step, words = GopherRepetitionFilter(), split_into_words(text)
    paragraphs = step.paragraph_exp.split(text.strip())
    lines = step._line_splitter.split(text)  # noqa: SLF001 (there is no other way to its lines)
    values = {}
    for name, parts in (("line", lines), ("paragraph", paragraphs)):
        again, chars = peer.find_duplicates(parts)
        values[f"duplicate_{name}_ratio"] = share(again, len(parts))
        values[f"duplicate_{name}_char_ratio"] = share(chars, len(text))
    for n in (2, 3, 4):
        grams = peer.get_n_grams(words, n)
        values[f"top_{n}gram_char_ratio"] = share(peer.find_top_duplicate(grams) if grams else 0, len(text))
    for n in range(5, 11):
        values[f"duplicate_{n}gram_char_ratio"] = share(peer.find_all_duplicate(words, n), len(text))
    return values


def fineweb_values(text: str) -> dict:
    """What FineWebQualityFilter compares: ratios of lines that are not blank, of code points, of words."""
    from datatrove.pipeline.filters.gopher_repetition_filter import find_duplicates  # noqa: PLC0415
    from datatrove.utils.text import TERMINAL_PUNCTUATION, split_into_words  # noqa: PLC0415

    lines = [line for line in text.split("\n") if line.strip()]
    return {
        "line_punct_ratio": share(sum(line.endswith(tuple(TERMINAL_PUNCTUATION)) for line in lines), len(lines)),
        "short_line_ratio": share(sum(len(line) <= 30 for line in lines), len(lines)),
        "char_dup_ratio": share(find_duplicates(lines)[1], len(text.replace("\n", ""))),
        "list_ratio": share(text.count("\n"), len(split_into_words(text))),
    }


def c4_paragraph_values(text: str) -> dict:
    """What C4ParagraphFilter compares."""
    lengths = sorted(map(len, text.split("\n")), reverse=True)
    return {"lines": len(lengths), "third_longest_line": lengths[2] if len(lengths) > 2 else None}


if __name__ == "__main__":
    main()
