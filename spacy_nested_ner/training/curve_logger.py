"""A logger of a training run that says at the end whether the score still rises."""

from typing import IO, Any, Callable, Dict, List, Optional, Tuple

from spacy.language import Language

LogStep = Callable[[Optional[Dict[str, Any]]], None]
Logger = Callable[[Language, IO[str], IO[str]], Tuple[LogStep, Callable[[], None]]]
# score of an evaluation, 0 to 1, and the number of updates before it
Point = Tuple[float, int]

# Points of 100. In the runs of docs/settings.md, "spacy_nested_ner.CurveLogger.v1", twice the
# updates gained most after rises above this number, and nothing after smaller ones on GENIA.
RISE = 2.0
# the smallest number of evaluations that shows a curve
N_POINTS = 4


def make_curve_logger(*, logger: Logger) -> Logger:
    """Log with another logger and say at the end whether the score on dev still rises;
    registered as spacy_nested_ner.CurveLogger.v1, for training.logger.

    logger: The logger of the evaluations, such as spacy.ConsoleLogger.v1.
    """

    def set_up(nlp: Language, stdout: IO[str], stderr: IO[str]) -> Tuple[LogStep, Any]:
        log_inner, finalize_inner = logger(nlp, stdout, stderr)
        points: List[Point] = []

        def log_step(info: Optional[Dict[str, Any]]) -> None:
            log_inner(info)
            if info is not None:
                points.append((info["score"], info["step"]))

        def finalize() -> None:
            finalize_inner()
            advice = describe_curve(points)
            if advice:
                stdout.write(advice + "\n")

        return log_step, finalize

    return set_up


def describe_curve(points: List[Point]) -> Optional[str]:
    """Say in a sentence whether the score still rises, and what to do.

    The rise is the best score in the second half of the updates minus that in the first half.

    points: The evaluations in their order. The first does not count: it follows one update.
    RETURNS: None for a run with too few evaluations.
    """
    points = [(score, step) for score, step in points if step]
    if len(points) < N_POINTS:
        return None
    updates = points[-1][1]
    longer = f"train with twice the updates (`configure --min-updates {2 * updates}`)"
    if not any(score for score, _ in points):
        return f"The score on dev is 0 after {updates:,} updates: {longer}."
    first = [score for score, step in points if 2 * step <= updates]
    second = [score for score, step in points if 2 * step > updates]
    # as it is shown; plus zero, because "-0.0" would be no fall
    rise = round(100 * (max(second) - max(first, default=0.0)), 1) + 0.0
    change = f"{rise:+.1f} points in the second half of {updates:,} updates"
    if rise > RISE:
        return f"The score on dev still rises, {change}: {longer}."
    if rise < 0:
        return (
            f"The score on dev falls, {change}: more updates will add little, so take "
            "model-best, which has the best score."
        )
    return f"The score on dev hardly rises, {change}: more updates will add little."
