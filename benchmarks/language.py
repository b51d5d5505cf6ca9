"""How often the language step is right, and how fast. Needs ../shared/data/lid and ../shared/data/html_extraction."""

import gzip
import json
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from crawlsieve.filters.scripts import scripts
from crawlsieve.schemas.record import RECORD
from crawlsieve.stages.extract.decode import decode_page
from crawlsieve.stages.extract.engines import finish, load_engine
from crawlsieve.stages.fasttext_model import model_labels, model_path
from crawlsieve.stages.language import Language

DATA = Path(__file__).parents[2] / "shared" / "data"
ROUNDS = 5
CAPS = (250, 500, 1_000, 2_000, 4_000, 8_000, 1_000_000)

# labels of lid.176 for the ISO 639-3 codes of the sets, where they are not ISO 639-1 codes already
TWO_LETTERS = """
afr af als sq amh am arb ar ara ar arg an ast ast aze az azj az bak ba bel be ben bn bod bo bos bs bre br bul bg cat ca
ces cs ckb ckb cmn zh cos co cym cy dan da deu de div dv ekk et ell el eng en epo eo est et eus eu fas fa fin fi fra fr
fry fy gla gd gle ga glg gl guj gu hat ht heb he hin hi hrv hr hsb hsb hun hu hye hy ido io ilo ilo ina ia ind id isl is
ita it jav jv jpn ja kan kn kat ka kaz kk khk mn khm km kir ky kor ko lao lo lat la lav lv lit lt ltz lb lvs lv mal ml
mar mr mkd mk mlt mt mon mn mri mi mya my nds nds nep ne npi ne nld nl nno nn nob no oci oc ori or oss os pan pa pes fa
plt mg pnb pnb pol pl por pt prs fa pus ps que qu roh rm ron ro rus ru sah sah san sa sin si slk sk slv sl snd sd som so
spa es srp sr sun su swe sv swh sw swa sw tam ta tat tt tel te tgk tg tgl tl tha th tir ti tuk tk tur tr uig ug ukr uk
urd ur uzb uz uzn uz vec vec vie vi war war xho xh ydd yi yid yi yor yo yue yue zho zh zlm ms zsm ms zul zu
"""
CODES = TWO_LETTERS.split()
TO_LABEL = dict(zip(CODES[::2], CODES[1::2], strict=True)) | {"nb": "no"}


def rows(path: str) -> list[dict[str, str]]:
    """The lines of a file."""
    with gzip.open(DATA / path, "rt") as lines:
        return [json.loads(line) for line in lines]


def batch(texts: Sequence[str]) -> pa.RecordBatch:
    """Open records with these texts."""
    fields = {
        "shard": 0,
        "row": 0,
        "id": bytes(16),
        "source_path": "",
        "source_offset": 0,
        "reasons": [],
        "settled": False,
    }
    return pa.RecordBatch.from_pylist([fields | {"text": text} for text in texts], schema=RECORD)


def score(wanted: Sequence[str], found: Sequence[str | None]) -> tuple[float, float]:
    """(accuracy, F1 of each wanted label, averaged)."""
    right = Counter(a for a, b in zip(wanted, found, strict=True) if a == b)
    truth, guesses = Counter(wanted), Counter(found)
    per_label = [2 * right[label] / (truth[label] + guesses[label]) for label in truth]
    return right.total() / len(wanted), statistics.fmean(per_label)


def seconds(step: Language, texts: pa.RecordBatch) -> float:
    """Least time of a few runs, after one that does not count."""
    step(texts)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        step(texts)
        times.append(time.perf_counter() - start)
    return min(times)


def quality() -> None:
    """Print a row a set, for all its languages and for those that the model has."""
    known = set(model_labels(model_path("lid.176")))
    step = Language()
    print("| set | texts | languages | accuracy | macro F1 | texts/s |\n|---|---:|---:|---:|---:|---:|")
    with (DATA / "lid/whatlang_examples/examples.json").open() as file:
        examples = json.load(file)
    sets = {
        "sentences (Lingua)": [(row["lang"], row["text"]) for row in rows("lid/lingua_sentences/sentences.jsonl.gz")],
        "paragraphs (UDHR)": [(row["lang"], row["text"]) for row in rows("lid/udhr_paragraphs/paragraphs.jsonl.gz")],
        "one text a language (whatlang)": list(examples.items()),
    }
    for name, items in sets.items():
        labels = [TO_LABEL.get(language, language) for language, _ in items]
        texts = batch([text for _, text in items])
        found = step(texts).column("language").to_pylist()
        rate = len(items) / seconds(step, texts)
        for which, keep in (
            ("", [True] * len(labels)),
            (", languages of lid.176", [label in known for label in labels]),
        ):
            wanted = [label for label, kept in zip(labels, keep, strict=True) if kept]
            accuracy, f1 = score(wanted, [label for label, kept in zip(found, keep, strict=True) if kept])
            print(f"| {name}{which} | {len(wanted)} | {len(set(wanted))} | {accuracy:.3f} | {f1:.3f} | {rate:,.0f} |")


def caps() -> None:
    """Print what it costs to look at fewer characters of a web page."""
    engine, _ = load_engine("resiliparse", {"main_content": True, "alt_texts": False, "list_bullets": False})
    files = sorted((DATA / "html_extraction").glob("*/html/*.gz"))
    texts = [finish(engine(decode_page(gzip.decompress(file.read_bytes())))) for file in files]
    pages = batch([text for text in texts if text])
    length = statistics.fmean(map(len, filter(None, texts)))
    print(f"\n{len(pages)} extracted pages, on average {length:,.0f} characters:\n")
    print("| `max_chars` | ms a page | same label as with all | same verdict on `keep: [en], at_least: 0.65` |")
    print("|---:|---:|---:|---:|")
    whole = verdicts(CAPS[-1], pages)
    for cap in CAPS:
        took = seconds(Language(max_chars=cap), pages) / len(pages)
        some = verdicts(cap, pages)
        same = [statistics.fmean(a[place] == b[place] for a, b in zip(some, whole, strict=True)) for place in (0, 1)]
        print(f"| {cap:,} | {took * 1000:.2f} | {same[0]:.3f} | {same[1]:.3f} |")
    start = time.perf_counter()
    scripts(pages.column("text"))
    print(f"\nThe script alone: {(time.perf_counter() - start) / len(pages) * 1000:.3f} ms a page.")


def verdicts(cap: int, pages: pa.RecordBatch) -> list[tuple[str | None, bool]]:
    """(label, whether the page is rejected)."""
    after = Language(max_chars=cap, keep=("en",), at_least=0.65)(pages)
    return list(zip(after.column("language").to_pylist(), after.column("settled").to_pylist(), strict=True))


def main() -> None:
    """Print two tables."""
    print("## Language identification\n\nThe installed model, lid.176.ftz.\n")
    quality()
    caps()


if __name__ == "__main__":
    main()
