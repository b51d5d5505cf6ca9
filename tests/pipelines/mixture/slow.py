"""A mixture made the slow and obvious way: each domain sorted by hash and taken until its quota is met."""

import hashlib
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crawlsieve.pipelines.engines.options import LocalOptions
from crawlsieve.pipelines.mixture.weighted.apply import apply, checked
from crawlsieve.pipelines.mixture.weighted.options import mix_of

MASK = (1 << 64) - 1


def mixed(value):
    """MurmurHash3's finaliser."""
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & MASK
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ (value >> 33)


def hashed(name, seed, epoch, purpose):
    """What `dedup.copies` hashes, in Python's integers."""
    number = int(name, 16)
    salt = mixed(mixed(mixed(seed + 0x9E3779B97F4A7C15 & MASK) ^ purpose) ^ epoch)
    return mixed(mixed((number >> 64) ^ salt) ^ (number & MASK))


def in_bytes(text):
    """The size of a text, if nothing else is asked for."""
    return len(text.encode())


def slow_mixture(documents, weights, total, seed, size_of=in_bytes):
    """[(id, domain, epoch)] in order of the shuffle."""
    taken = []
    for domain, weight in weights.items():
        own = {row["id"]: size_of(row["text"]) for row in documents if (row["domain"] or "null") == domain}
        quota, unique = round(Fraction(weight) * total), sum(own.values())
        whole = quota // unique if quota else 0
        taken += [(name, domain, epoch) for epoch in range(whole) for name in own]
        rest = quota - whole * unique
        size = 0
        for name in sorted(own, key=lambda name: (hashed(name, seed, whole, 1) >> 1, name)):
            if size >= rest:
                break
            if size + own[name] >= rest and not size + own[name] - rest < rest - size:
                break
            taken.append((name, domain, whole))
            size += own[name]
    return sorted(taken, key=lambda copy: (hashed(copy[0], seed, copy[2], 2), hashed(copy[0], seed, copy[2], 3)))


def name_of(*parts):
    """An id."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def document(domain, number, size):
    """A document of a domain, with so many bytes of text."""
    text = (f"{domain} {number} " * (1 + size // 4))[:size]
    return {"id": name_of(domain, number), "text": text, "domain": domain}


def corpus(**domains):
    """Documents: domain=[size, size, ...]."""
    return [document(name, n, size) for name, sizes in domains.items() for n, size in enumerate(sizes)]


def write(folder, *files):
    """One Parquet file for each list of documents. Returns the glob of them."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("domain", pa.string())])
    for number, rows in enumerate(files):
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / f"part-{number}.parquet", row_group_size=37)
    return str(folder / "*.parquet")


def applied(output, runs, engine=None, **options):
    """Apply a mixture and return its manifest."""
    runs = [runs] if isinstance(runs, str) else runs
    mix = mix_of({"domain": "domain", **options})
    return apply(checked(runs, mix, str(output)), engine=engine or LocalOptions(workers=1))


def rows(output, table="documents"):
    """[(id, domain, epoch)] as a trainer reads them: file by file, in order of name."""
    files = sorted((Path(output) / table).glob("*.parquet"))
    found = pa.concat_tables([pq.read_table(file, columns=["id", "domain", "epoch"]) for file in files])
    return list(zip(*(found[name].to_pylist() for name in found.column_names), strict=True))
