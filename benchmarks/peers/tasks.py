"""The task of a peer, and its answer: a trained model.

A module of a peer has a function `train(task: Task) -> Peer`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

from benchmarks.subsets import Gold


@dataclass(frozen=True)
class Task:
    """A training run.

    train: Documents with mentions, as tokens.
    labels: Sorted.
    encoder: Folder of the pretrained encoder.
    updates: Number of steps of the optimizer.
    batch: Number of documents of a step.
    rate: Factor for the learn rates that the peer recommends.
    checkpoint: Pretrained model of the peer, a name on the hub or a folder, to begin with
        instead of the encoder.
    """

    train: Sequence[Gold]
    labels: Sequence[str]
    encoder: Path
    updates: int
    batch: int
    rate: float
    seed: int
    checkpoint: Optional[str] = None


class Prediction(NamedTuple):
    """A predicted mention: tokens, half-open, and its probability."""

    start: int
    end: int
    label: str
    score: float


@dataclass
class Peer:
    """A trained model.

    predict: From documents without mentions, and a threshold, to the mentions of each that
        have a probability above the threshold. A peer without a threshold ignores it.
    threshold: Probability above which the peer keeps a mention by default.
    seconds: Duration of the training.
    settings: What differs from the defaults of the peer, and its learn rates, for the result
        line.
    left_out: Number of training mentions that the peer cannot take, by reason.
    """

    predict: Callable[[Sequence[Gold], float], List[List[Prediction]]]
    threshold: float
    seconds: float
    settings: Dict[str, Any]
    left_out: Dict[str, int] = field(default_factory=dict)
