"""The reference pages of the documentation, made from schemas, dataclasses and commands: they cannot lag.

`python -m crawlsieve.pipelines.reference docs/reference` rewrites what stands between the marks of each page.
"""
