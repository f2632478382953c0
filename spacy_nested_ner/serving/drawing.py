"""What the page gets of a text: a drawing of all candidates, and their probabilities."""

from typing import Any, Dict, List, Mapping, Tuple

from ..annotation.candidates import Found
from ..corpus.writers.annotations import LabelledSpan
from ..rendering import Bar, draw
from .messages import FLOOR
from .pipelines import ServedPipeline

# Candidates of a drawing: the most probable. A model that was hardly trained finds every part
# of a text probable; so many bars are of no use, and the browser would be busy with them.
PER_TOKEN, FEWEST, MOST = 3, 60, 3000


def draw_found(
    text: str, found: Found, pipeline: ServedPipeline, colors: Mapping[str, str]
) -> Dict[str, Any]:
    """The drawing of a text, and its candidates in the order of `PredictedSpans`.

    RETURNS: For the script of the page. `floor`: the spans above it are known; null if the
        pipeline tells only those that it predicts. `is_cut`: there were too many spans for a
        lower floor.
    """
    spans: Tuple[LabelledSpan, ...] = found.candidates or found.document.spans
    known = found.candidates is not None
    shown, floor = _keep_probable(spans, found.n_tokens)
    bars = [Bar(s.start, s.end, s.label, s.score) for s in shown if s.start < s.end]
    return {
        "name": pipeline.name,
        # on which the forms of Chinese characters depend
        "lang": "" if pipeline.nlp.lang == "xx" else pipeline.nlp.lang,
        "html": str(draw(text, (), bars, show_scores=True, colors=colors, redrawable=True)),
        "spans": [{**s._asdict(), "text": text[s.start : s.end]} for s in shown],
        "floor": max(floor, FLOOR) if known else None,
        "is_cut": len(shown) < len(spans),
    }


def _keep_probable(
    spans: Tuple[LabelledSpan, ...], n_tokens: int
) -> Tuple[List[LabelledSpan], float]:
    """The most probable spans in their order, and the probability of the best one left out."""
    n = min(max(PER_TOKEN * n_tokens, FEWEST), MOST)
    if len(spans) <= n:
        return list(spans), 0.0
    best_first = sorted(range(len(spans)), key=lambda i: -(spans[i].score or 0.0))
    kept = sorted(best_first[:n])
    return [spans[i] for i in kept], spans[best_first[n]].score or 0.0
