"""Stop words: words that do not depend on the subject of a page.

The English list is short. It holds function words and the most general verbs; the long lists in circulation also remove
content words (system, world, state, work). Other languages are in `stopwords_other`. Inflected forms of a stop word are
removed as well (going, went), unless they are content words: mines, wells, seconds.
"""

from __future__ import annotations

from nmf_topics.text.stopwords_other import has_other_stop_words, other_stop_words

ENGLISH = frozenset(
    """
    a an the this that these those such same other others another each every either neither both all any some none
    no nor not only own few many much more most less least several enough
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
    herself it its itself they them their theirs themselves one's oneself who whom whose which what whatever whichever
    whoever anyone anybody anything everyone everybody everything someone somebody something nobody nothing
    am is are was were be been being have has had having do does did doing done can could may might must shall should
    will would ought cannot let lets
    and or but if then else because as until while although though whereas unless whether than so yet since
    of at by for with about against between among amongst into through throughout during before after above below to
    from up upon down in inside out outside on onto off over under within without across along around behind beside
    besides beyond near toward towards via per despite except like unlike
    again further once here there where when why how however also too very just even still ever never always often
    almost already rather quite perhaps maybe thus hence therefore moreover otherwise instead indeed etc eg ie
    really actually simply merely
    one two three four five six seven eight nine ten first second third
    said say says saying get gets got gotten getting go goes going went gone make makes made making take takes took
    taken taking use used uses using including include includes included became become becomes becoming
    need needs needed well back way ways now today new late later latest early earlier earliest soon ago ones
    mr mrs ms
    ain't aren't can't couldn't didn't doesn't don't hadn't hasn't haven't isn't mightn't mustn't needn't shan't
    shouldn't wasn't weren't won't wouldn't i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's she'd
    she'll it's it'd it'll we're we've we'd we'll they're they've they'd they'll that's that'd that'll there's there'd
    there'll here's what's who's who'd who'll where's when's why's how's let's o'clock
    """.split()
)

# Removed in exactly this form: other forms are content words (beings, canned, mines, outing, wills).
EXACT_FORM_ONLY = frozenset("being can down may might mine must out over second still well will".split())


def stop_words(language: str) -> frozenset[str]:
    """Return the stop words of a language, in lower case.

    Parameters
    ----------
    language : str, two-letter code of ISO 639-1

    Raises
    ------
    NmfTopicsError
        if there is no list for the language.
    """
    return ENGLISH if language == "en" else other_stop_words(language)


def has_stop_words(language: str) -> bool:
    """Return whether there is a list of stop words for a language."""
    return language == "en" or has_other_stop_words(language)


def stops_with_inflections(words: frozenset[str]) -> frozenset[str]:
    """Return the stop words whose inflected forms are removed too: no contractions, no words with a second meaning."""
    return frozenset(word for word in words - EXACT_FORM_ONLY if "'" not in word)
