"""Print tables: fitted to the width of a terminal, complete and without formatting in a pipe.

In a terminal that supports right-to-left text, two cells with Arabic or Hebrew words would reverse the order of the
columns between them. So such cells are isolated by invisible marks (Unicode Standard Annex 9) in terminals; output to
pipes and files contains no marks.
"""

from __future__ import annotations

import math
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from nmf_topics.files.system import supports_ansi, terminal_width
from nmf_topics.model.model import TopicModel
from nmf_topics.model.relevance import WordOrder
from nmf_topics.text.analyzer import word_options

if TYPE_CHECKING:
    from nmf_topics.model.classify import Assignment

COMFORTABLE = 20  # desired width of a text column; optional columns are left out to reach it
WORDS_WIDTH, NAMED_WORDS_WIDTH = 36, 30  # desired width of a list of words, and of one next to a name given by the user
TITLE_WIDTH = 40  # desired width of a title
_JOINERS = frozenset("\u200c\u200d")


def decimals(value: float, places: int) -> str:
    """Format a number for a table in the terminal; "" for NaN."""
    return "" if math.isnan(value) else f"{value:.{places}f}"


def readable(text: str) -> str:
    """Replace control characters, line ends and direction marks, which would disturb a terminal, by spaces.

    The invisible joiners in Persian and Indian words are kept between letters.
    """
    made = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for c in text)
    if not _JOINERS.isdisjoint(text):
        joined = list(made)
        for i in range(1, len(text) - 1):
            if text[i] in _JOINERS and all(unicodedata.category(c)[0] in "LM" for c in (text[i - 1], text[i + 1])):
                joined[i] = text[i]
        made = "".join(joined)
    return made


def isolated(text: str) -> str:
    """Put isolating marks around a text with right-to-left letters, so that it does not affect its neighbours.

    Examples
    --------
    >>> isolated("tea"), isolated("شاي") == "\u2068شاي\u2069"
    ('tea', True)
    """
    if text.isascii() or all(unicodedata.bidirectional(c) not in ("R", "AL", "AN") for c in text):
        return text
    return f"\u2068{text}\u2069"


def bar(value: float, width: int = 8) -> str:
    """Draw a bar for a value from 0 to 1 with block characters, in steps of an eighth of a character."""
    eighths = round(max(0.0, min(1.0, value)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)


def print_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[int] = (),
    spare: Sequence[int] = (),
    comfortable: Mapping[int, int] | None = None,
    distinct: Sequence[int] = (),
) -> None:
    """Print a table to stdout: fitted to the width of a terminal, complete and unformatted otherwise.

    If a terminal is too narrow, optional columns are left out until texts have their desired width. Then texts are
    shortened, the widest first, and then the headers of numbers. Numbers and bars are never shortened.

    Parameters
    ----------
    headers : header of each column; a column without a header contains bars
    rows : cells as text
    right : columns of numbers, aligned to the right
    spare : optional columns, in the order in which they are left out
    comfortable : column -> desired width of its texts; default `COMFORTABLE`
    distinct : columns in which different texts must stay different when shortened: their ends are shown, too
    """
    from rich.cells import cell_len, set_cell_size

    cells = [[readable(cell) for cell in row] for row in (headers, *rows)]
    terminal = sys.stdout.isatty()
    shown = list(range(len(headers)))
    widths = [max(cell_len(row[i]) for row in cells) for i in shown]
    room = terminal_width(sys.stdout) if terminal else sum(widths) + 2 * len(widths)
    fixed = {i for i in shown if i in right or not headers[i]}
    wanted = comfortable or {}
    for column in spare:
        enough = [widths[i] if i in fixed else min(widths[i], wanted.get(i, COMFORTABLE)) for i in shown]
        if sum(enough) + 2 * (len(enough) - 1) <= room:
            break
        shown.remove(column)
    widths = [widths[i] for i in shown]
    # shorten texts to their desired width first, so that one long column does not take space from the others
    floors = [w if i in fixed else min(w, wanted.get(i, COMFORTABLE)) for i, w in zip(shown, widths, strict=True)]
    widths = _narrowed(widths, floors, room)
    for text, short_headers in ((12, False), (12, True), (4, True)):
        least = [max((cell_len(row[i]) for row in cells[1:]), default=0) for i in shown]
        number = [
            max(data, min(cell_len(headers[i]), 4)) if short_headers else width
            for i, data, width in zip(shown, least, widths, strict=True)
        ]
        floors = [n if i in fixed else text for i, n in zip(shown, number, strict=True)]
        widths = _narrowed(widths, floors, room)

    cut = {
        i: _cut_column([row[i] for row in cells], width, i in distinct) for i, width in zip(shown, widths, strict=True)
    }

    def line(place: int) -> str:
        fitted = []
        for i, width in zip(shown, widths, strict=True):
            cell = cut[i][place]
            pad = " " * (width - cell_len(cell))
            whole = isolated(cell) if terminal else cell
            fitted.append(pad + whole if i in right else whole + pad)
        joined = "  ".join(fitted).rstrip()
        return set_cell_size(joined, room - 1) + "…" if cell_len(joined) > room else joined

    if terminal and supports_ansi() and not os.environ.get("NO_COLOR"):
        _print_bold(line(0))
    else:
        sys.stdout.write(line(0) + "\n")
    for place in range(1, len(cells)):
        sys.stdout.write(line(place) + "\n")


def _cut_column(texts: Sequence[str], width: int, distinct: bool) -> list[str]:
    """Shorten texts to a width; with `distinct`, texts that would become equal are shortened in the middle."""
    cut = [_cut(text, width) for text in texts]
    if not distinct:
        return cut
    originals: dict[str, set[str]] = {}
    for text, short in zip(texts, cut, strict=True):
        originals.setdefault(short, set()).add(text)
    return [
        _cut_in_the_middle(text, width) if len(originals[short]) > 1 and short != text else short
        for text, short in zip(texts, cut, strict=True)
    ]


def _cut(text: str, width: int) -> str:
    """Shorten a text to a width; a list is shortened after a whole item if that loses little.

    Examples
    --------
    >>> _cut("planet, rocket, moon", 18), _cut("An endless title", 12)
    ('planet, rocket, …', 'An endless …')
    """
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    short = set_cell_size(text, max(width - 1, 0))
    items = short.rpartition(", ")[0]
    if cell_len(items) > width // 2:
        return f"{items}, …"
    return short + "…"


def _cut_in_the_middle(text: str, width: int) -> str:
    """Shorten a text to a width by keeping its beginning and its end."""
    from rich.cells import cell_len, set_cell_size

    end = ""
    for letter in reversed(text):
        if cell_len(letter + end) > width // 2:
            break
        end = letter + end
    end = end.lstrip()
    return set_cell_size(text, max(width - 1 - cell_len(end), 0)).rstrip() + "…" + end


def _print_bold(text: str) -> None:
    """Print a line in bold letters with rich, which also supports old Windows consoles."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    console.print(Text(text, style="bold"), soft_wrap=True)


def _narrowed(widths: Sequence[int], floors: Sequence[int], room: int) -> list[int]:
    """Reduce widths, the widest first, until they fit with two spaces between them or have reached their floors."""
    narrowed = [
        max(min(width, room), floor) if width > floor else width for width, floor in zip(widths, floors, strict=True)
    ]
    while sum(narrowed) + 2 * (len(narrowed) - 1) > room:
        able = [i for i in range(len(narrowed)) if narrowed[i] > floors[i]]
        if not able:
            break
        narrowed[max(able, key=lambda i: narrowed[i])] -= 1
    return narrowed


def print_topics(model: TopicModel, *, words: int = 8, order: WordOrder = "typical") -> None:
    """Print the topics of a model, largest first."""
    stable = any(not math.isnan(t.stability) for t in model.topics())
    rows = [
        [
            str(t.number),
            f"{t.share:6.1%}",
            bar(t.share / max(model.shares.max(), 1e-12)),
            str(t.pages),
            *([f"{t.stability:.2f}"] if stable else []),
            t.label if len(t.label) <= 40 else t.label[:39] + "…",
            ", ".join(term for term, _ in model.terms(t.number, words, order=order)),
        ]
        for t in model.topics()
    ]
    headers = ["topic", "share", "", "pages", *(["stable"] if stable else []), "label", "words"]
    if not model.kind.has_names:
        rows = [row[:-2] for row in rows]
        headers = headers[:-2]
    numbers = [headers.index(name) for name in ("topic", "share", "pages", "stable") if name in headers]
    names = (
        ["stable", "", "pages"] if model.names else ["label", "stable", "", "pages"]
    )  # a name given by the user is more important
    print_table(
        headers,
        rows,
        right=numbers,
        spare=[headers.index(name) for name in names if name in headers],
        comfortable={len(headers) - 1: NAMED_WORDS_WIDTH if model.names else WORDS_WIDTH},
    )


def error_header(model: TopicModel) -> str:
    """Return the header of the column of page errors: "error" or "divergence"."""
    return model.error_name.rpartition(" ")[2]


def print_words(model: TopicModel, topic: int, k: int, *, order: WordOrder = "typical") -> None:
    """Print words of a topic with the share of its pages that have them and the ratio to all pages, or their weights.

    Weights are printed for orders that come from W, and if it is not known which pages have the words.
    """
    if not model.kind.has_names:
        _print_weights(model.terms(topic, k))
        return
    words = model.words(topic, k, order=order)
    if order != "typical" or all(math.isnan(word.coverage) for word in words):
        _print_weights([(word.word, word.weight) for word in words])
        return
    rows = [
        [word.word, f"{word.coverage:.0%}", bar(word.coverage), "" if math.isnan(word.lift) else f"{2**word.lift:.1f}"]
        for word in words
    ]
    pages = "chunks" if word_options(model.recipe).chunk else "pages"
    print_table(["word", f"of its {pages}", "", "times as many as of all"], rows, right=(1, 3), spare=(2,))


def _print_weights(words: Sequence[tuple[str, float]]) -> None:
    heaviest = max((weight for _, weight in words), default=1.0)
    rows = [[word, f"{weight:.4f}", bar(weight / heaviest)] for word, weight in words]
    print_table(["word", "weight", ""], rows, right=(1,), spare=(2,))


def print_pages(model: TopicModel, columns: Sequence[int], topic: int | None = None) -> None:
    """Print pages with their main topics and the shares of these; for one topic, with the shares of that topic.

    Parameters
    ----------
    model : TopicModel
    columns : indices of the pages
    topic : number of the topic whose shares are printed; then the main topics are printed only if some differ from it
    """
    pages = model.pages()
    mixed = topic is None or any(pages[j].topic != topic for j in columns)
    weak = any(pages[j].status == "weak" for j in columns)
    main = ["topic", "label"] if topic is None else ["main", "label"] if mixed else []
    headers = [
        *main,
        "weight" if topic is None else "share",
        "",
        "margin",
        error_header(model),
        *(["status"] if weak else []),
        "title",
    ]
    rows = []
    for j in columns:
        page = pages[j]
        share = page.weight if topic is None else float(page.weights[topic - 1])
        label = model.label(page.topic)[:40] if page.topic else page.status
        rows.append(
            [
                *([str(page.topic or "-"), label] if mixed else []),
                decimals(share, 2),
                "" if math.isnan(share) else bar(share, 5),
                decimals(page.margin, 2),
                decimals(page.error, 2),
                *(["weak" if page.status == "weak" else ""] if weak else []),
                model.columns.titles[j],
            ]
        )
    first = 2 if mixed else 0  # the column of shares
    numbers = [*([0] if mixed else []), first, first + 2, first + 3]
    spare_label = [1] if mixed and not model.names else []  # the words are already shown by `topics`
    title = len(headers) - 1
    print_table(
        headers,
        rows,
        right=numbers,
        spare=(first + 3, first + 2, first + 1, *spare_label),
        comfortable={title: TITLE_WIDTH},
        distinct=(title,),
    )


def print_assignments(model: TopicModel, assignments: Sequence[Assignment], *, others: int = 3) -> None:
    """Print classified pages with their topic and the next ones."""
    rows = []
    for a in assignments:
        t = a.topics
        if t.topic is None:
            rows.append([a.title, t.status, "", "", "", "", "", a.note])
            continue
        ranked = sorted(range(model.rank), key=lambda k: (-t.weights[k], k))[1 : others + 1]
        rest = ", ".join(f"{k + 1} {model.label(k + 1)} ({t.weights[k]:.0%})" for k in ranked if t.weights[k] >= 0.01)
        known = "" if math.isnan(a.known_words) else f"{a.known_words:.0%}"
        rows.append(
            [
                a.title,
                f"{t.topic} {model.label(t.topic)}",
                f"{t.weight:.0%}",
                bar(t.weight, 5),
                f"{t.margin:.2f}",
                known,
                f"{t.error:.2f}",
                rest,
            ]
        )
    headers = ["page", "topic", "weight", "", "margin", "known", error_header(model), "then"]
    print_table(headers, rows, right=(2, 4, 5, 6), spare=(6, 5, 4, 3))


def print_explanation(model: TopicModel, a: Assignment) -> None:
    """Print the words that contributed most to the topics of a page, with the share of each."""
    sys.stdout.write(f"\n{readable(a.title)}\n")
    rows = [
        [f"{k} {model.label(k)}", ", ".join(f"{word} {part:.1%}" for word, part in words if part >= 0.0005)]
        for k, words in (a.explanation or {}).items()
        if a.topics.weights[k - 1] >= 0.01
    ]
    if rows:
        print_table(["topic", "words, with their share of the page's weight"], rows)
    if a.unknown_words:
        more = f" and {len(a.unknown_words) - 10} more" if len(a.unknown_words) > 10 else ""
        sys.stdout.write(f"not in the vocabulary: {readable(', '.join(a.unknown_words[:10]))}{more}\n")
