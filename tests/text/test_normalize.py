"""Normal forms: what must be one word, and what must not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_topics.errors import NmfTopicsError
from nmf_topics.text.normalize import _LEMMA_TABLES, NORMALIZATIONS, Normalization, has_lemmas, normalizer
from nmf_topics.text.tokenize import tokens

# Dictionary form, then its other forms; a form that is as often a word of its own (lay, found as founded) is in too.
VERBS = """
    arise arises arising arose arisen; awake awakes awaking awoke awoken; bear bears bearing bore borne;
    beat beats beating beaten; become becomes becoming became; begin begins beginning began begun;
    bend bends bending bent; bet bets betting; bind binds binding bound; bite bites biting bit bitten;
    bleed bleeds bleeding bled; blow blows blowing blew blown; break breaks breaking broke broken;
    breed breeds breeding bred; bring brings bringing brought; build builds building built; burst bursts bursting;
    buy buys buying bought; catch catches catching caught; choose chooses choosing chose chosen;
    cling clings clinging clung; come comes coming came; creep creeps creeping crept; cut cuts cutting;
    deal deals dealing dealt; dig digs digging dug; do does doing did done; draw draws drawing drew drawn;
    drink drinks drinking drank drunk; drive drives driving drove driven; eat eats eating ate eaten;
    fall falls falling fell fallen; feed feeds feeding fed; feel feels feeling felt; fight fights fighting fought;
    find finds finding found; flee flees fleeing fled; fling flings flinging flung; fly flies flying flew flown;
    forbid forbids forbidding forbade forbidden; forget forgets forgetting forgot forgotten;
    forgive forgives forgiving forgave forgiven; freeze freezes freezing froze frozen; get gets getting got gotten;
    give gives giving gave given; go goes going went gone; grind grinds grinding ground; grow grows growing grew grown;
    hang hangs hanging hung; have has having had; hear hears hearing heard; hide hides hiding hid hidden;
    hit hits hitting; hold holds holding held; keep keeps keeping kept; kneel kneels kneeling knelt;
    know knows knowing knew known; lay lays laying laid; lead leads leading led; leave leaves leaving left;
    lend lends lending lent; lie lies lying; lose loses losing lost; make makes making made;
    mean means meaning meant; meet meets meeting met; pay pays paying paid; put puts putting; read reads reading;
    ride rides riding rode ridden; ring rings ringing rang rung; rise rises rising rose risen; run runs running ran;
    say says saying said; see sees seeing saw seen; seek seeks seeking sought; sell sells selling sold;
    send sends sending sent; set sets setting; shake shakes shaking shook shaken; shine shines shining shone;
    shoot shoots shooting shot; show shows showing showed shown; shrink shrinks shrinking shrank shrunk;
    sing sings singing sang sung; sink sinks sinking sank sunk; sit sits sitting sat; sleep sleeps sleeping slept;
    slide slides sliding slid; speak speaks speaking spoke spoken; spend spends spending spent;
    spin spins spinning spun; spread spreads spreading; spring springs springing sprang sprung;
    stand stands standing stood; steal steals stealing stole stolen; stick sticks sticking stuck;
    sting stings stinging stung; strike strikes striking struck; strive strives striving strove striven;
    swear swears swearing swore sworn; sweep sweeps sweeping swept; swim swims swimming swam swum;
    swing swings swinging swung; take takes taking took taken; teach teaches teaching taught;
    tear tears tearing tore torn; tell tells telling told; think thinks thinking thought;
    throw throws throwing threw thrown; understand understands understanding understood; wake wakes waking woke woken;
    wear wears wearing wore worn; weave weaves weaving wove woven; weep weeps weeping wept; win wins winning won;
    wind winds winding wound; withdraw withdraws withdrawing withdrew withdrawn; write writes writing wrote written
"""

NOUNS = """
    analysis analyses; axis axes; basis bases; bus buses; cactus cacti; calf calves; child children; church churches;
    city cities; crisis crises; criterion criteria; datum data; family families; foot feet; goose geese; half halves;
    hero heroes; hypothesis hypotheses; index indices; knife knives; leaf leaves; lens lenses; life lives; loaf loaves;
    man men; matrix matrices; medium media; mouse mice; nucleus nuclei; ox oxen; person people; phenomenon phenomena;
    series series; shelf shelves; species species; thesis theses; thief thieves; tooth teeth; wife wives; wolf wolves;
    woman women
"""

# Verbs that simplemma's table is wrong about, in the forms that corpora have.
REGULAR = """
    develop develops developing developed; mix mixes mixing mixed; fix fixes fixing fixed; thank thanked;
    prefer prefers preferring preferred; determine determines determining determined; panic panicked panicking;
    cancel cancels cancelling canceled cancelled; label labels labelling labelled; model models modeling modelled;
    signal signals signalling signalled; guard guards guarding guarded; cross crosses crossed;
    play plays playing played; serve serves serving served; travel travels traveling travelled; study studies studied;
    american americans; german germans; greek greeks; indian indians; russian russians; fantasy fantasies
"""

# Plurals of names, and words whose stem in the table is no word (proclaime) or another one (the wales of a cloth).
NAMES = """
    davidian davidians; canadian canadians; briton britons; finn finns; scot scots; yankee yankees; azeri azeris;
    iraqi iraqis; christian christians; italian italians; historian historians; musician musicians; sale sales;
    remain remains remained remaining; proclaim proclaims proclaimed proclaiming; exemplify exemplified exemplifies
"""

# What a lemma leaves apart: a gerund that the table takes for a noun; means, and the leaves of a tree. To lead gerunds
# such as these to their verbs was tried: it costs 0.06 of the NMI of wikipedia-popular, as burning is not what burns.
LEFT_BY_LEMMA = set(
    """
    beating beginning binding breeding feeding feeling finding freezing hanging hearing leaves means setting striving
    """.split()
)

APART = """
    university universe; universal university; organ organization; policy police; politics police; news new; general
    generous; general generate; arm army; custom customer; market marketing; wander wonder; past paste;
    international internet; animal animate; author authority; capital capitol; century central; character charter;
    civil civilization; community communist; community commute; corn corner; design designate; doctor doctrine;
    emperor empire; execute executive; experience experiment; factor factory; form formal; gene general; import
    important; intelligence intelligent; iron irony; king kin; minister ministry; moment momentum; nation national;
    nature natural; object objective; opera operation; operate opera; part party; planet plane; planet plan; port
    portion; press president; process procession; product production; relative relativity; secret secretary; sing
    single; sing singe; singer sing; state station; state statue; story store; temper temperature; test testament;
    train trait; war ward; wing winger; word world; work worker; write writer; even evening; wed wedding; her
    herring; sting string; during dure; thing th; mass mas; boss bos; physics physic; politics politic; economics
    economic; gas ga; virus viru; paris pari; james jame; texas texa; charles charle; jones jone; adams adam; athens
    athen; number numb; rating rat; rate rat; hoping hop; planning plane; staring star; filing fill; filling file;
    dining din; taped tap; scared scar; mother moth; father fat; weather wet; member memb; other oth; brother broth;
    letter let; butter but; matter mat; dinner din; summer sum; corner corn; computer compute; teacher teach; player
    play; leader lead; officer office; engineer engine; career care; american america; british britain; lens len;
    species specie; won wonder; mining mine; left leaf; data date; media median; wales whale; wales wale; fleming
    flame; gemini gem; laden lad; capita cap; arms army; beginner begin; willing will; housing house; wedding wed;
    building bud; evening even; ian i; accounting account; timing time; guardian guard; asian asia; indian india;
    armenian armenia; ai be; don do; iraqi iraq; lay lie; us use; ore or; united union; wind window; sea see; son
    sun; right write; great grate; weak week; site sight; principal principle
"""


def table(text: str) -> list[list[str]]:
    """The entries of a table, each a list of words."""
    return [[word for word in entry.split() if word.isalpha()] for entry in text.split(";")]


def strays(text: str, normalize: Normalization) -> list[str]:
    """The forms of a table that do not share the normal form of the first word of their entry."""
    normal = normalizer(normalize)
    return [form for base, *forms in table(text) for form in forms if normal(form) != normal(base)]


@pytest.mark.parametrize("normalize", ["lemma", "both"])
def test_run(normalize: Normalization) -> None:
    """The article's example: run, running, ran and runs are one word."""
    normal = normalizer(normalize)
    assert {normal(word) for word in ("run", "running", "ran", "runs", "RAN", "run's")} == {"run"}


def test_irregular_verbs_by_lemma() -> None:
    """Of 396 forms of 119 irregular verbs 382 lead to their verb (96.5 %); the others are named."""
    entries = table(VERBS)
    assert (len(entries), sum(len(forms) - 1 for forms in entries)) == (119, 396)
    assert sorted(strays(VERBS, "lemma")) == sorted(LEFT_BY_LEMMA)
    assert len(LEFT_BY_LEMMA) == 396 - 382


def test_irregular_verbs_by_lemma_and_stem() -> None:
    """With the stem of the lemma 395 of 396 forms lead to their verb; leaves are those of a tree."""
    assert strays(VERBS, "both") == ["leaves"]


@pytest.mark.parametrize("normalize", ["lemma", "both"])
def test_nouns(normalize: Normalization) -> None:
    """All 41 plurals, 30 of them irregular, lead to their singular."""
    assert len(table(NOUNS)) == 41
    assert strays(NOUNS, normalize) == []


@pytest.mark.parametrize("normalize", ["lemma", "both"])
def test_words_the_table_is_wrong_about(normalize: Normalization) -> None:
    """Forms that simplemma leads to no word (developed to develope) or to themselves lead to their own."""
    assert strays(REGULAR, normalize) == []
    assert strays(NAMES, normalize) == []


@pytest.mark.parametrize("text", [VERBS, NOUNS, REGULAR, NAMES])
def test_a_dictionary_form_is_its_own_lemma(text: str) -> None:
    """The lemma of the first word of each entry is that word: the term can be read."""
    normal = normalizer("lemma")
    assert {base: normal(base) for base, *_ in table(text)} == {base: base for base, *_ in table(text)}


@pytest.mark.parametrize(
    ("word", "lemma"),
    [
        ("gone", "go"),
        ("went", "go"),
        ("felt", "feel"),
        ("left", "leave"),
        ("data", "datum"),
        ("people", "person"),
        ("axes", "axis"),
        ("bases", "basis"),
        ("worse", "bad"),
        ("better", "good"),
        ("ai", "ai"),
        ("news", "news"),
        ("physics", "physics"),
        ("united", "unite"),
        ("café", "café"),
        ("zzyzx", "zzyzx"),
        ("covid19", "covid19"),
    ],
)
def test_lemmas_by_hand(word: str, lemma: str) -> None:
    """Words whose dictionary form is often got wrong, and words that no dictionary has."""
    assert normalizer("lemma")(word) == lemma


def test_unlike_words_stay_apart() -> None:
    """The default does not join words of unlike meaning, as stems would."""
    pairs = table(APART)
    assert len(pairs) == 159
    normal = normalizer("lemma")
    assert [(a, b) for a, b in pairs if normal(a) == normal(b)] == []


def test_stems_do_join_unlike_words() -> None:
    """The list above has teeth: Porter's stems join a good part of its pairs."""
    normal = normalizer("both", stemmer="porter")
    assert sum(normal(a) == normal(b) for a, b in table(APART)) > 30


@pytest.mark.parametrize(
    ("word", "same"),
    [
        ("obama's", "obama"),
        ("women's", "woman"),
        ("children's", "child"),
        ("boss's", "boss"),
        ("james's", "james"),
        ("dogs", "dog"),
    ],
)
@pytest.mark.parametrize("normalize", ["lemma", "both", "stem"])
def test_possessives(word: str, same: str, normalize: Normalization) -> None:
    """The possessive of an English word is the word; a stem alone cannot know irregular plurals."""
    normal = normalizer(normalize)
    if normalize == "stem" and word in ("women's", "children's"):
        same = word.removesuffix("'s")
    assert normal(word) == normal(same)


def test_other_apostrophes_stay() -> None:
    """Only the English possessive goes: names and other languages keep their apostrophes."""
    assert normalizer("lemma")("o'brien") == "o'brien"
    assert normalizer("stem")("o'brien's") == normalizer("stem")("o'brien")
    assert normalizer("none")("obama's") == "obama's"
    assert normalizer("stem", language="nl")("foto's") == normalizer("stem", language="nl")("foto")


def test_stems() -> None:
    """A stem cuts endings, and knows nothing of ran."""
    normal = normalizer("stem")
    assert [normal(word) for word in ("running", "runs", "ran", "nations")] == ["run", "run", "ran", "nation"]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("ties", "ti"),
        ("relational", "relat"),
        ("conditional", "condit"),
        ("hopefulness", "hope"),
        ("electricity", "electr"),
        ("triplicate", "triplic"),
        ("controlling", "control"),
        ("skies", "ski"),
        ("generalizations", "gener"),
        ("oscillators", "oscil"),
    ],
)
def test_porter_is_the_algorithm_of_1980(word: str, stem: str) -> None:
    """The examples of the paper, by the original rules and not by an extension of them."""
    assert normalizer("stem", stemmer="porter")(word) == stem


def test_none_is_lower_case_only() -> None:
    """Without normal forms a word is itself in lower case."""
    assert normalizer("none")("Running") == "running"


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.text(max_size=12), st.sampled_from(NORMALIZATIONS), st.sampled_from(["en", "de", "fr", "ru"]))
def test_any_token_has_a_normal_form(text: str, normalize: Normalization, language: str) -> None:
    """No word is too strange, the form is not empty, and it has no capital that lower case takes away."""
    normal = normalizer(normalize, language=language)
    for token in tokens(text):
        form = normal(token.lower())
        assert form
        assert form == form.lower()


def test_a_very_long_word_takes_no_time() -> None:
    """A line of base64, even of a million letters, goes through all steps."""
    for normalize in NORMALIZATIONS:
        assert normalizer(normalize)("ab" * 500_000)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "one_word"),
    [
        ("de", "Haus Häuser Hauses Häusern; gehen ging gegangen geht; Buch Bücher; Land Länder; Arbeit Arbeiten"),
        ("de", "Stadt Städte STADT; Krieg Kriege Krieges; Markt Märkte; groß große großer großen; Film Filme"),
        ("fr", "homme hommes l'homme; cheval chevaux; manger mangeons mangé; eau eaux d'eau; école écoles l'école"),
        ("es", "casa casas; correr corriendo corre; ciudad ciudades; lápiz lápices; niño niños"),
        ("ru", "человек люди людей; город города городов; книга книги книгу; идти шёл идёт"),
        ("it", "uomo uomini l'uomo; acqua dell'acqua"),
        ("nl", "huis huizen; kind kinderen"),
    ],
)
def test_lemmas_of_other_languages(language: str, one_word: str) -> None:
    """Words and their forms are one term; German nouns are told by their capital, French articles drop off."""
    normal = normalizer("lemma", language=language)
    for entry in one_word.split(";"):
        forms = [word for word in entry.split() if not word.endswith("1")]
        assert {form: normal(form) for form in forms} == {form: normal(forms[0]) for form in forms}
    assert normal(one_word.split()[0]) == one_word.split()[0].lower()


def test_german_verbs_and_nouns_stay_apart() -> None:
    """A capital makes the difference between war and being at war."""
    normal = normalizer("lemma", language="de")
    assert (normal("Macht"), normal("macht"), normal("Reisen"), normal("reiste")) == (
        "macht",
        "machen",
        "reise",
        "reisen",
    )


@pytest.mark.parametrize(
    ("language", "one_word"),
    [
        ("de", "häuser hauses haus"),
        ("de", "Häuser Haus HAUS"),
        ("fr", "hommes homme"),
        ("es", "niños niño niña"),
        ("ru", "городов город города"),
        ("no", "husene huset"),
        ("nb", "husene huset"),
    ],
)
def test_stems_of_other_languages(language: str, one_word: str) -> None:
    """Snowball's stemmers by the codes of their languages."""
    normal = normalizer("stem", language=language)
    assert len({normal(word) for word in one_word.split()}) == 1


@pytest.mark.parametrize("normalize", ["stem", "both", "lemma"])
@pytest.mark.parametrize("language", ["xx", "EN", "english", ""])
def test_an_unknown_language_is_refused_at_once(normalize: Normalization, language: str) -> None:
    """The error comes before any word is read, names the language, and says what to do instead."""
    with pytest.raises(NmfTopicsError, match=r"(stemmer|lemmas) for the language .*; use normalize=") as caught:
        normalizer(normalize, language=language)
    assert repr(language) in str(caught.value)


def test_a_language_without_one_of_the_forms() -> None:
    """Japanese has no lemmas here and Polish no stems; each message names the way that is left."""
    with pytest.raises(NmfTopicsError, match=r"no lemmas .*'ja'.*normalize='none'"):
        normalizer("lemma", language="ja")
    with pytest.raises(NmfTopicsError, match=r"no stemmer .*'pl'.*normalize='lemma'"):
        normalizer("stem", language="pl")
    assert normalizer("none", language="ja")("日本") == "日本"


def test_porter_is_for_english() -> None:
    """Porter's endings mean nothing in another language."""
    with pytest.raises(NmfTopicsError, match=r"Porter.*English, not for 'de'.*snowball"):
        normalizer("stem", language="de", stemmer="porter")


def test_languages_with_lemmas_are_those_of_simplemma() -> None:
    """The list of languages, which is there without importing simplemma, is that of the installed version."""
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

    assert _LEMMA_TABLES == SUPPORTED_LANGUAGES
    assert all(has_lemmas(language) for language in (*SUPPORTED_LANGUAGES, "no", "hr", "bs"))
    assert not any(has_lemmas(language) for language in ("zh", "ja", "xx", "", "../data/en"))
