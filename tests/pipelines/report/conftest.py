"""A run with every kind of outcome, and pages in it that mean harm."""

import json

import pytest

from tests.pipelines.runs import ran, recipe

SCRIPT = "</script><script>window.harmed = 'text'</script><img src=x onerror=\"window.harmed = 'image'\"><!--"
ADDRESS = "javascript:window.harmed='address'//<script>window.harmed='url'</script>"
TURNED = "a \u202eright to left\u202c \u2028 bell \u0007 " + "z" + "\u0301" * 200
OVERRIDE = {
    "gopher_word_count": {"at_least": 4},
    "gopher_mean_word_length": {"at_least": 2},
    "gopher_stop_words": {"at_least": 0},
    "gopher_alphabetic_words": {"at_least": 0.2},
}


def prose(number):
    """Words that no rule of the run rejects, more of them for a larger number."""
    return " ".join(f"The reader of page {number} has come to line {line} of it." for line in range(1 + number % 17))


def given():
    pages = [{"id": f"k{n}", "url": f"http://www.site{n % 5}.example/{n}", "text": prose(n)} for n in range(24)]
    pages += [{"id": f"d{n}", "url": f"http://copy.example/{n}", "text": prose(n)} for n in (3, 3, 4)]
    pages += [{"id": f"s{n}", "url": f"http://short.example/{n}", "text": "x y"} for n in range(7)]
    pages += [{"id": f"n{n}", "url": f"http://number.example/{n}", "text": f"{n} 1 2 3 4 5 6"} for n in range(3)]
    pages += [
        {"id": "long", "url": "http://site1.example/long", "text": " and ".join(prose(n) for n in range(9))},
        {"id": "script", "url": ADDRESS, "text": f"{SCRIPT} The words of a page that is kept, {SCRIPT}"},
        {"id": "rejected-script", "url": f"http://x.example/{SCRIPT}", "text": SCRIPT[:40]},
        {"id": "turned", "url": "http://turned.example/\u202egpj.exe", "text": f"{prose(9)} The words of it: {TURNED}"},
        {
            "id": "huge",
            "url": "http://huge.example/" + "a" * 5_000,
            "text": "The words of it are long: " + "w" * 99_000,
        },
    ]
    return pages


def steps():
    return [
        {"measure": {"signals": ["gopher_quality"]}},
        {"judge": {"rules": ["gopher_quality"], "override": OVERRIDE}},
        {"exact_duplicates": {"by": ["url", "text"]}},
    ]


def made(folder, pages=None, **changes):
    """(run directory, manifest) of a run over the pages and one broken line."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(page) for page in (given() if pages is None else pages)]
    (folder / "shard-000.jsonl").write_text("\n".join([*lines, "{broken", ""]))
    manifest = ran(recipe(folder, **{"steps": steps(), "keep_rejected": "text", "seed": 3, **changes}))
    return folder / "run", manifest


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """The run directory, made once; tests do not write into it."""
    return made(tmp_path_factory.mktemp("report"))[0]
