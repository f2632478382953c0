"""Texts to try on the page, written for it, in some languages."""

from typing import List, Sequence

from .pipelines import ServedPipeline

EXAMPLES = {
    "en": [
        "The promoter of the IL-2 gene binds the NFAT complex in resting human T cells.",
        "Replaced the worn shaft seal of the main feed pump; the coupling guard was loose.",
        "Dr. Ada Berg, head of the Institute of Marine Biology in Bergen, will visit the Bergen"
        " Aquarium on Monday.",
    ],
    "de": [
        "Die Wellendichtung der Speisepumpe ist undicht, das Kupplungsgehäuse sitzt locker.",
        "Die Leiterin des Instituts für Meeresbiologie in Bremen besucht am Montag Kiel.",
    ],
    "da": ["Lederen af Instituttet for Havbiologi i Bergen besøger Aarhus Museum på mandag."],
    "zh": [
        "患者服用阿司匹林后出现胃部不适，体温和血氧饱和度正常。",
        "更换了主给水泵的轴封，联轴器护罩松动。",
    ],
}


def find_examples(pipelines: Sequence[ServedPipeline]) -> List[str]:
    """Texts in the language of the first pipeline, English ones if there are none."""
    return EXAMPLES.get(pipelines[0].nlp.lang or "", EXAMPLES["en"])
