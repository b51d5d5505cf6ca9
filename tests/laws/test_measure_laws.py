import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlsieve.filters.codepoints import TERMINAL, code_points
from crawlsieve.filters.fineweb import fineweb, mc4
from crawlsieve.filters.segments import segment
from crawlsieve.schemas.fineweb import FINEWEB
from crawlsieve.stages.clean_lines import CleanLines
from crawlsieve.stages.judge import Judge
from crawlsieve.stages.measure import Measure
from tests.records import records

relaxed = settings(deadline=None)  # the first call loads compiled code
PIECES = [
    "The cat sat on the mat.",
    "the end",
    "x",
    ".",
    "。",
    "猫",
    "w" * 30,
    "w" * 31,
    " ",
    "\n",
    "\n\n",
    "\r\n",
    "\u2028",
]
texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=20).map("".join), st.text(max_size=40))
rows = st.lists(
    st.tuples(st.one_of(st.none(), texts), st.sampled_from([None, "en", "zh", "xx"])), min_size=2, max_size=6
)
CHAIN = (
    Measure(signals=("gopher", "c4", "mc4", "fineweb"), prefix="raw_"),
    CleanLines(rules=("c4@datatrove", "refinedweb")),
    Measure(signals=("gopher", "gopher_repetition@dclm", "c4", "c4@datatrove", "mc4", "fineweb")),
    Judge(rules=("gopher_quality", "gopher_repetition", "c4", "c4@datatrove", "fineweb", "refinedweb")),
)


def chained(rows):
    batch = records([text for text, _ in rows], [language for _, language in rows])
    for step in CHAIN:
        batch = step(batch)
    return batch.drop_columns(["row", "id"])


def share(part, whole):
    return part / whole if whole else None


@relaxed
@given(rows, st.data())
def test_batch_boundaries_do_not_matter(rows, data):
    cut = data.draw(st.integers(1, len(rows) - 1))

    apart = pa.Table.from_batches([chained(rows[:cut]), chained(rows[cut:])])

    assert apart.equals(pa.Table.from_batches([chained(rows)]))


@relaxed
@given(texts)
def test_fineweb_s_signals_are_what_their_columns_say(text):
    rows = text.splitlines()
    lines = [line for line in rows if line.strip()]
    again = [line for place, line in enumerate(lines) if line in lines[:place]]
    segments = segment(pa.array([text]))

    assert fineweb(segments).to_pylist() == [
        dict(
            zip(
                FINEWEB.names,
                [
                    share(sum(bool(code_points()[ord(line[-1])] & TERMINAL) for line in lines), len(lines)),
                    share(sum(len(line) <= 30 for line in lines), len(lines)),
                    share(sum(map(len, again)), len(text.replace("\n", ""))),
                    share(text.count("\n"), int(segments.words.counts[0])),
                ],
                strict=True,
            )
        )
    ]
    lengths = sorted(map(len, rows), reverse=True)
    assert mc4(segments)["third_longest_line"].to_pylist() == [lengths[2] if len(lengths) > 2 else None]
