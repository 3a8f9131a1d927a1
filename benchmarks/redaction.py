"""MB/s of a step's output through the mask, beside the plain pass-through, in processor time.

20 secrets in all their forms: tokens, and with `keys` one of them a private key of 50 lines. `alternation` is the one
regular expression that comes to mind. Usage: python benchmarks/redaction.py [MEGABYTES] [ROUNDS]
"""

import random
import re
import statistics
import string
import sys
import time

from ecluse.model.forms import forms_of
from ecluse.model.redaction import Mask

PIECE = 64 * 1024
LINE = 100


def main(megabytes: int, rounds: int) -> None:
    chance = random.Random(20)
    tokens = ["".join(chance.choices(string.ascii_letters + string.digits, k=32)) for _ in range(20)]
    key = "\n".join("".join(chance.choices(string.ascii_letters + "+/", k=64)) for _ in range(50))
    output = written(megabytes, tokens, chance)
    contestants = {
        "plain pass-through": (lambda: Mask([]).feed, PIECE, output),
        "20 tokens": (lambda: Mask(tokens).feed, PIECE, output),
        "20 tokens, a short one": (lambda: Mask([*tokens[1:], "pass"]).feed, PIECE, output),
        "19 tokens and a key": (lambda: Mask([*tokens[1:], key]).feed, PIECE, output),
        "20 tokens, line by line": (lambda: Mask(tokens).feed, LINE, output[: len(output) // 8]),
        "20 tokens, alternation": (lambda: alternation(tokens), PIECE, output[: len(output) // 8]),
    }
    figures = {title: [] for title in contestants}
    for _ in range(rounds):
        for title, (make, piece, data) in contestants.items():
            figures[title].append(measure(make(), piece, data))
    print(f"{megabytes} MB, medians of {rounds}, taking turns\n\n{'':<26}{'MB/s':>9}")
    for title, speeds in figures.items():
        print(f"{title:<26}{statistics.median(speeds):>9.0f}")


def written(megabytes: int, tokens: list[str], chance: random.Random) -> bytes:
    """Lines of words, as a build prints them; one in a thousand names a secret."""
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(2000)]
    lines = []
    while sum(map(len, lines[:1000])) * len(lines) / max(1, len(lines[:1000])) < megabytes * 1e6:
        lines += [f"{number:>6} {' '.join(chance.choices(words, k=12))}\n" for number in range(999)]
        lines.append(f"token={chance.choice(tokens)}\n")
    return "".join(lines).encode()


def measure(feed, piece: int, data: bytes) -> float:
    began = time.process_time()
    for at in range(0, len(data), piece):
        feed(data[at : at + piece])
    return len(data) / 1e6 / (time.process_time() - began)


def alternation(secrets: list[str]):
    forms = sorted({form.core for secret in secrets for form in forms_of(secret)}, key=len, reverse=True)
    pattern = re.compile(b"|".join(map(re.escape, forms)))
    return lambda data: pattern.sub(b"[secret]", data)


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:]]
    main(*(arguments + [16, 5][len(arguments) :]))
