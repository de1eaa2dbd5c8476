"""Random damages of files of state."""

from __future__ import annotations

import os
import random

DAMAGES = int(os.environ.get("NMF_TOPICS_SOAK", "100"))  # of each kind of file; `make soak` sets 5000
FEW_DAMAGES = max(DAMAGES // 10, 10)  # where each takes tens of milliseconds


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes with a few of them changed, a piece cut out or zeroed, or the end missing."""
    changed = bytearray(data)
    way = chance.randrange(4)
    at = chance.randrange(len(data))
    if way == 0:
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(data))] = chance.randrange(256)
    elif way == 1:
        del changed[at : at + chance.randint(1, 200)]
    elif way == 2:
        length = min(chance.randint(1, 200), len(data) - at)
        changed[at : at + length] = bytes(length)
    else:
        del changed[at:]
    return bytes(changed)
