"""Documents of which it is known how they are alike."""

import random


def corpus(count=60, words=120, seed=3):
    """Documents in families: an original, and copies with some words changed; then chains, equal and empty ones."""
    chance = random.Random(seed)  # noqa: S311 - a corpus, not a secret
    vocabulary = [
        "".join(chance.choice("bcdfgklmnprst") + chance.choice("aeiou") for _ in range(4)) for _ in range(800)
    ]
    found = []
    for number in range(count):
        text = [chance.choice(vocabulary) for _ in range(words)]
        found.append(text)
        for copy in range(number % 4):
            changed = list(found[-1] if number % 3 == 0 else text)  # every third family is a chain
            for _ in range(1 + 2 * copy):
                changed[chance.randrange(words)] = chance.choice(vocabulary)
            found.append(changed)
    documents = [
        {"id": f"d{number:03d}", "url": f"http://x.example/{number}", "text": " ".join(text)}
        for number, text in enumerate(found)
    ]
    documents += [{"id": f"e{n}", "url": f"http://e.example/{n}", "text": text} for n, text in enumerate("!?.")]
    documents += [
        {"id": f"s{n}", "url": f"http://s.example/{n}", "text": text}
        for n, text in enumerate(["Two words", "two  Words!"])
    ]
    chance.shuffle(documents)
    return documents
