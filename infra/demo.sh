#!/bin/sh
# What `make demo` does once crawlsieve is installed: make a crawl, curate it, ask about it.
# Run it again, and it finds that everything is done.
set -eu
crawlsieve=${1:-crawlsieve}

"$crawlsieve" sample demo/crawl
"$crawlsieve" run pipelines/recipes/sample.yaml --output demo/run

rules="SELECT unnest(reasons) AS rule, count(*) AS pages FROM rejected GROUP BY rule ORDER BY pages DESC, rule LIMIT 8"
copies="SELECT duplicates, word_count, url FROM documents ORDER BY duplicates DESC, word_count DESC, url LIMIT 8"
failed="SELECT source_path, source_offset, error FROM failed ORDER BY source_path, source_offset"

cat <<END

What became of every page, to look at: open demo/run/report.html in a browser.

Three questions to ask about the result, which is in demo/run:

  $crawlsieve sql demo/run "$rules"

  $crawlsieve sql demo/run "$copies"

  $crawlsieve sql demo/run "$failed"

The answer to the first:

END
"$crawlsieve" sql demo/run "$rules"
