"""Rewrite the pages of a folder: `python -m crawlsieve.pipelines.reference docs/reference`."""

import sys

from crawlsieve.pipelines.reference.pages import rewrite

if __name__ == "__main__":
    rewrite(sys.argv[1])
