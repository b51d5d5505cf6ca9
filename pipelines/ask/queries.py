"""Questions that people ask of every run, as SQL that works on every run."""

from dataclasses import dataclass
from difflib import get_close_matches

from crawlsieve.stages.errors import CrawlsieveError

# Bytes are octet_length(encode(text)): DuckDB 2.0.0 reads strlen(text) as 4 under ORDER BY ... LIMIT over Parquet.


@dataclass(frozen=True)
class Query:
    """A question with a name."""

    name: str
    question: str
    sql: str


QUERIES = (
    Query(
        "why_dropped",
        "Why was a page dropped? Put a part of its URL where the % are.",
        """\
SELECT 'rejected' AS outcome, url, array_to_string(reasons, ', ') AS why FROM rejected WHERE url LIKE '%'
UNION ALL SELECT 'duplicates', url, concat(method, ' of ', kept_id) FROM duplicates WHERE url LIKE '%'
UNION ALL SELECT 'failed', url, error FROM failed WHERE url LIKE '%'
ORDER BY ALL LIMIT 20;
""",
    ),
    Query(
        "yield_by_input",
        "Which share of the records of each input was kept?",
        """\
WITH records AS (
    SELECT source_path, 'documents' AS outcome FROM documents
    UNION ALL SELECT source_path, 'rejected' FROM rejected
    UNION ALL SELECT source_path, 'duplicates' FROM duplicates
    UNION ALL SELECT source_path, 'failed' FROM failed
)
SELECT source_path, count(*) AS records, count(*) FILTER (outcome = 'documents') AS kept,
    count(*) FILTER (outcome = 'rejected') AS rejected, count(*) FILTER (outcome = 'duplicates') AS duplicates,
    count(*) FILTER (outcome = 'failed') AS failed, round(kept / count(*), 4) AS kept_share
FROM records GROUP BY source_path ORDER BY kept_share, source_path;
""",
    ),
    Query(
        "yield_by_host",
        "Which hosts give most documents, and what is their yield?",
        r"""SELECT regexp_extract(lower(url), '^[a-z]+://(?:[^/?#@]*@)?([^/?#:]+)', 1) AS host, count(*) AS measured,
    count(*) FILTER (outcome = 'documents') AS kept, round(kept / measured, 4) AS kept_share
FROM signals GROUP BY host ORDER BY kept DESC, host LIMIT 20;
""",
    ),
    Query(
        "yield_by_language",
        "What is kept of each language? (The recipe has a step `language`.)",
        """\
SELECT language, count(*) AS measured, count(*) FILTER (outcome = 'documents') AS kept,
    round(kept / measured, 4) AS kept_share
FROM signals GROUP BY language ORDER BY measured DESC, language;
""",
    ),
    Query(
        "removed_by_rule_alone",
        "What does each rule remove, and what would be back without it?",
        """\
SELECT unnest(reasons) AS rule, count(*) AS rejected, count(*) FILTER (len(reasons) = 1) AS alone
FROM rejected GROUP BY rule ORDER BY alone DESC, rejected DESC, rule;
""",
    ),
    Query(
        "overlap_of_rules",
        "Which rules reject the same documents? Of each pair: how many, and the Jaccard overlap.",
        """\
WITH broken AS (SELECT id, source_path, source_offset, unnest(list_distinct(reasons)) AS rule FROM rejected),
    sizes AS (SELECT rule, count(*) AS documents FROM broken GROUP BY rule)
SELECT a.rule AS rule, b.rule AS other, count(*) AS together,
    round(together / (any_value(s.documents) + any_value(t.documents) - together), 4) AS overlap
FROM broken a JOIN broken b USING (id, source_path, source_offset)
    JOIN sizes s ON s.rule = a.rule JOIN sizes t ON t.rule = b.rule
WHERE a.rule < b.rule GROUP BY a.rule, b.rule ORDER BY overlap DESC, together DESC, rule, other LIMIT 20;
""",
    ),
    Query(
        "near_misses",
        "Which documents miss a share of 0.8 alphabetic words by little, and break nothing else?",
        """\
SELECT round(s.alphabetic_word_ratio, 4) AS alphabetic_word_ratio, s.url
FROM signals s JOIN rejected r USING (id, source_path, source_offset)
WHERE r.reasons = ['gopher_alphabetic_words'] AND s.alphabetic_word_ratio >= 0.75
ORDER BY s.alphabetic_word_ratio DESC, s.url LIMIT 20;
""",
    ),
    Query(
        "another_threshold",
        "What if gopher_word_count asked for 80 words? (Duplicates are not decided again; `crawlsieve judge` does.)",
        """\
SELECT outcome, passes, count(*) AS documents FROM judged(gopher_word_count_at_least := 80)
GROUP BY ALL ORDER BY ALL;
""",
    ),
    Query(
        "revived",
        "Which documents would no rule reject if 0.7 alphabetic words were enough?",
        """\
SELECT round(alphabetic_word_ratio, 4) AS alphabetic_word_ratio, url
FROM judged(gopher_alphabetic_words_at_least := 0.7)
WHERE passes AND outcome = 'rejected' ORDER BY 1 DESC, url LIMIT 20;
""",
    ),
    Query(
        "largest_clusters",
        "Which documents stand for most duplicates, and how were these found?",
        """\
SELECT d.kept_id, k.url, count(*) AS copies, list_sort(list_distinct(list(d.method))) AS methods
FROM duplicates d LEFT JOIN documents k ON k.id = d.kept_id
GROUP BY ALL ORDER BY copies DESC, d.kept_id LIMIT 20;
""",
    ),
    Query(
        "longest_documents",
        "Which kept documents are the longest?",
        """\
SELECT octet_length(encode(text)) AS bytes, word_count, url
FROM documents ORDER BY bytes DESC, url LIMIT 20;
""",
    ),
    Query(
        "failed_by_kind",
        "What failed, how often, and where for instance?",
        """\
SELECT split_part(error, ':', 1) AS kind, count(*) AS records, min(source_path) AS for_instance
FROM failed GROUP BY kind ORDER BY records DESC, kind;
""",
    ),
    Query(
        "signal_quantiles",
        "How are the signals distributed among kept, rejected and duplicate documents?",
        """\
WITH numbers AS (
    SELECT outcome, TRY_CAST(COLUMNS(* EXCLUDE (id, source_id, url, source_path, source_offset, outcome)) AS DOUBLE)
    FROM signals
)
SELECT signal, outcome, count(*) AS documents, round(quantile_cont(value, 0.05), 4) AS p05,
    round(quantile_cont(value, 0.5), 4) AS median, round(quantile_cont(value, 0.95), 4) AS p95
FROM (UNPIVOT numbers ON COLUMNS(* EXCLUDE (outcome)) INTO NAME signal VALUE value)
GROUP BY signal, outcome ORDER BY signal, outcome;
""",
    ),
    Query(
        "text_by_site",
        "Which share of the text comes from which host?",
        r"""SELECT regexp_extract(lower(url), '^[a-z]+://(?:[^/?#@]*@)?([^/?#:]+)', 1) AS host, count(*) AS documents,
    sum(octet_length(encode(text))) AS bytes, round(bytes / sum(bytes) OVER (), 4) AS share
FROM documents GROUP BY host ORDER BY bytes DESC, host LIMIT 20;
""",
    ),
    Query(
        "mixture_by_epoch",
        "What is in each epoch of the weighted mixture? (The recipe has `mix`.)",
        """\
SELECT domain, epoch, count(*) AS documents, sum(octet_length(encode(text))) AS bytes
FROM mixture GROUP BY domain, epoch ORDER BY domain, epoch;
""",
    ),
)


def named(name: str) -> Query:
    """The documented query of that name.

    Raises:
        CrawlsieveError: there is none; with the nearest name.
    """
    known = {query.name: query for query in QUERIES}
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise CrawlsieveError(f"no query is named '{name}'.{hint} Queries: {', '.join(known)}.")
    return known[name]
