"""Shards for the benchmarks: the pages of ../shared/data/html_extraction as WARC files, once or in varied copies."""

import argparse
import gzip
import itertools
from collections.abc import Iterator
from pathlib import Path

from crawlsieve.pipelines.sample.warc import Record, shard

PAGES = Path(__file__).parents[2] / "shared" / "data" / "html_extraction"


def pages() -> list[tuple[str, bytes]]:
    """(URL, HTML) of every page, in order of file name."""
    files = sorted(PAGES.glob("*/html/*"))
    return [
        (
            f"https://{number:04d}.example.org/{file.name.removesuffix('.gz').removesuffix('.html')}",
            gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes(),
        )
        for number, file in enumerate(files)
    ]


def copies(times: int) -> Iterator[tuple[str, bytes]]:
    """Every page `times` times; copies differ in their URL and in a sentence at the end of their body."""
    for copy, (url, html) in itertools.product(range(times), pages()):
        note = f"<p>This is copy number {copy} of the page at {url}, made to be measured.</p></body>".encode()
        yield (f"{url}?copy={copy}", html.replace(b"</body>", note, 1)) if copy else (url, html)


def write(folder: Path, times: int, shards: int) -> None:
    """Write the pages into `shards` files, page after page in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(shards):
        records = [
            Record(kind="page", url=url, block=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html)
            for url, html in itertools.islice(copies(times), number, None, shards)
        ]
        (folder / f"pages-{number:05d}.warc.gz").write_bytes(shard(records))


def main() -> None:
    """Write shards into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--shards", type=int, default=1)
    asked = parser.parse_args()
    write(asked.folder, asked.times, asked.shards)


if __name__ == "__main__":
    main()
