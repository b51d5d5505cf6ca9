"""Pages that a rule should reject, one for each thing that goes wrong on the web."""

from string import ascii_lowercase

from crawlsieve.pipelines.sample.texts import articles
from crawlsieve.pipelines.sample.warc import Record
from crawlsieve.pipelines.sample.web import answer, choice, dressed, page, paragraphs

_GOODS = ("shoes", "watches", "phones", "lamps", "chairs", "knives", "curtains", "carpets", "helmets", "speakers")
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore"
    " magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo"
    " consequat. Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur."
)
_LONG = (
    "Counterrevolutionaries institutionalized uncharacteristically disproportionately internationalization"
    " misunderstandings electroencephalographically compartmentalization incomprehensibilities"
)


def pages() -> list[Record]:
    """All of them, in a fixed order."""
    return [*_stuffed(), *_listed(), *_marked(), *_odd_words(), *_templates(), *_thin(), _endless(), *_blocked()]


def _shop(kind: str, name: str, body: str) -> Record:
    return page(f"spam: {kind}", f"https://shop.example.com/{name}", name.replace("-", " ").capitalize(), body)


def _stuffed() -> list[Record]:
    """Keywords, lines and paragraphs again and again."""
    keyword = [
        _shop(
            "keywords", f"cheap-{good}-{i}", paragraphs([f"Buy cheap {good} online, best cheap {good} for sale. " * 30])
        )
        for good in _GOODS[:6]
        for i in range(2)
    ]
    line = "This is the offer that you have been waiting for and that will not come again this year."
    story = articles()["en_ferry"].parts
    return [
        *keyword,
        *[_shop("repeated lines", f"last-chance-{good}", f"<p>All of the {good} have to go.{f'<br>{line}' * 25}</p>")
          for good in _GOODS[6:]],
        _shop("repeated paragraphs", "the-ferry-of-offers", paragraphs([*story[:2], *story[:2], *story[:2]])),
        _shop("repeated passages", "the-boat-of-offers", paragraphs([f"{story[0]} {story[1]} {story[0]}", story[0]])),
    ]  # fmt: skip


def _listed() -> list[Record]:
    """Bullets, links and numbers with hardly a sentence."""
    bullets = "<br>".join(
        f"• {good} and {other}, with free delivery to your door." for good in _GOODS for other in _GOODS[:3]
    )
    links = "".join(f"<p>{good.capitalize()} and more {good}</p>" for good in _GOODS * 4)
    rows = "".join(f"<tr><td>{i}</td><td>{choice(str(i), 900)}.{i % 90 + 10}</td></tr>" for i in range(150))
    return [
        _shop("bullets", "all-the-offers", f"<p>{bullets}</p>"),
        _shop("short lines", "sitemap", links),
        _shop("numbers", "price-list", f"<table>{rows}</table>"),
    ]


def _marked() -> list[Record]:
    """Walls of signs."""
    words = " ".join(articles()["en_swifts"].parts).split()[:240]
    tags = " ".join(f"#{word}" if place % 4 == 0 else word for place, word in enumerate(words))
    dots = " ".join(f"{word} ..." if place % 4 == 0 else word for place, word in enumerate(words))
    teasers = [
        f"You will not believe what the seller of {good} has told us about that and the rest..." for good in _GOODS
    ]
    return [
        _shop("hashes", "hashtags", paragraphs([f"{tags}."])),
        _shop("ellipses", "teasers", paragraphs(teasers)),
        _shop("dots", "so-many-dots", paragraphs([f"{dots}."])),
        _shop("signs", "figures", paragraphs([" ".join(f"{i} = {i * 7} %" for i in range(150))])),
    ]


def _odd_words() -> list[Record]:
    """Words too long, too short, too few of the usual ones."""
    letters = " ".join([*ascii_lowercase] * 8)
    names = ", ".join(f"{good} {other}" for good in _GOODS for other in _GOODS if good != other)
    return [
        _shop("long words", "vocabulary", paragraphs([f"{_LONG}. " * 12])),
        _shop("short words", "alphabet", paragraphs([letters])),
        _shop("no stop words", "catalogue", paragraphs([f"{names}."])),
    ]


def _templates() -> list[Record]:
    """Pages that were never finished, programs, and notices in place of a text."""
    story = articles()["en_clock"].parts
    letter = "Dear {first_name}, we thank you for your visit to the tower, and we hope to see you again."
    notice = "Please enable JavaScript in your browser to see this page."
    return [
        _shop("lorem ipsum", "coming-soon", paragraphs([_LOREM, *story[:3]])),
        _shop("curly bracket", "thank-you", paragraphs([letter, *story[:3]])),
        _shop("javascript", "no-script", paragraphs([notice] * 4)),
        _shop(
            "policy lines", "legal", paragraphs([f"Our privacy policy, part {i}, tells you more." for i in range(40)])
        ),
        _shop("few sentences", "one-sentence", paragraphs([story[0].replace(". ", ", ")])),
        answer("spam: nothing", "https://shop.example.com/app", b'<div id="app"></div><script src="/app.js"></script>'),
        answer("spam: no markup at all", "https://shop.example.com/blank", b""),
    ]


def _thin() -> list[Record]:
    """Pages with next to nothing on them."""
    return [
        page("thin", f"https://forum.example.org/thread/{1000 + i}", f"Question about {good}",
             paragraphs([f"Has anyone here had any trouble with the {good} from last year?", "Thanks in advance."]))
        for i, good in enumerate(_GOODS)
    ]  # fmt: skip


def _endless() -> Record:
    """More than 100,000 words: somebody counts."""
    numbers = [", ".join(_spoken(n) for n in range(start, start + 50)) + "." for start in range(0, 24_000, 50)]
    return page("spam: too long", "https://forum.example.org/counting", "Let us count", paragraphs(numbers))


def _spoken(number: int) -> str:
    """A number below 100,000 in English words."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")
    big, unit = (number // 1000, 1000) if number >= 1000 else (number // 100, 100)
    rest = f" and {_spoken(number % unit)}" if number % unit else ""
    return f"{_spoken(big)} {'thousand' if unit == 1000 else 'hundred'}{rest}"


def _blocked() -> list[Record]:
    """Good prose on sites and addresses that the blocklist names."""
    urls = (
        "https://casino.example.net/win/big",
        "https://www.casino.example.net/poker",
        "http://tables.casino.example.net/",
        "https://blog.example.com/adult/stories",
    )
    story = articles()["en_sourdough"]
    return [
        answer(
            "blocked",
            url,
            dressed(url, f"{story.title} ({i})", paragraphs(story.parts) + f"<p>Page {i} of the site.</p>").encode(),
        )
        for i, url in enumerate(urls)
    ]
