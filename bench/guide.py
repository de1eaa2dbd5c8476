"""Measure the effect of a guide with a few words per subject: NMI and purity of fits with and without it.

    NMF_TOPICS_DATA=folder python bench/guide.py

The words were chosen before any fit, three for each label of the corpus.
"""

from __future__ import annotations

import os
import sys

from recipe import measure

from nmf_topics.files.cache.settings import user_cache
from nmf_topics.model.fit import fit_topics
from nmf_topics.model.guide import read_guide
from nmf_topics.pipeline.prepare import Source, prepare
from nmf_topics.pipeline.recipes import RECIPES

GUIDES = {
    "bbc-news": """
        business: shares, economy, profits
        entertainment: film, music, actor
        politics: election, minister, Labour
        sports: match, coach, Olympic
        tech: software, computers, users
    """,
    "20newsgroups-train": """
        alt.atheism: atheist, atheism, belief
        comp.graphics: graphics, polygon, image
        comp.os.ms-windows.misc: windows, dos, driver
        comp.sys.ibm.pc.hardware: ide, scsi, motherboard
        comp.sys.mac.hardware: mac, apple, powerbook
        comp.windows.x: motif, widget, xterm
        misc.forsale: sale, shipping, offer
        rec.autos: car, engine, dealer
        rec.motorcycles: bike, motorcycle, helmet
        rec.sport.baseball: baseball, pitcher, inning
        rec.sport.hockey: hockey, nhl, playoff
        sci.crypt: encryption, clipper, key
        sci.electronics: circuit, voltage, amp
        sci.med: doctor, disease, patient
        sci.space: space, orbit, nasa
        soc.religion.christian: church, christ, sin
        talk.politics.guns: gun, firearm, weapon
        talk.politics.mideast: israel, armenian, arab
        talk.politics.misc: tax, clinton, government
        talk.religion.misc: mormon, koresh, moral
    """,
}


def main() -> None:
    folder = os.environ.get("NMF_TOPICS_DATA") or sys.exit("set NMF_TOPICS_DATA to the folder of the labelled corpora")
    print("| corpus | guide | NMI | purity | NPMI | right name |\n|---|---|---|---|---|---|")
    for corpus, text in GUIDES.items():
        guide = read_guide(text, corpus)
        data = prepare(Source(f"{folder}/{corpus}.jsonl.gz"), RECIPES["default"], cache=user_cache())
        labels = data.columns.labels()
        for told, words in (("none", None), ("three words each", guide)):
            model = fit_topics(data, len(guide), guide=words)
            score, pure, coherent, _, _ = measure(model)
            named = [model.names.get(int(topic) + 1) for topic in model.dominant()]
            right = sum(name == label for name, label in zip(named, labels, strict=True)) / len(labels)
            cells = f"{score:.3f} | {pure:.3f} | {coherent:.3f} | {f'{right:.1%}' if words else ''}"
            print(f"| {corpus}, rank {len(guide)} | {told} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
