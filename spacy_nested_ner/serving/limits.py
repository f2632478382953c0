"""What one request may ask for, and how many may wait."""

from dataclasses import dataclass

from ..user_error import UserError


@dataclass(frozen=True)
class Limits:
    """Limits of a server.

    max_length: longest text, in characters.
    max_texts: texts of a request.
    max_body: bytes of a request.
    max_queue: texts that wait for each pipeline.
    batch_tokens: tokens that a pipeline annotates together; a longer text is a batch by itself.
    time_limit: seconds for the arrival of a request, and again for its answer.
    """

    max_length: int = 20_000
    max_texts: int = 256
    max_body: int = 8_000_000
    max_queue: int = 1024
    batch_tokens: int = 4096
    time_limit: float = 30.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise UserError(f"{name}={value} would refuse every request: give more than 0.")
        if self.max_texts > self.max_queue:
            raise UserError(
                f"max_queue={self.max_queue} is too small for a request of "
                f"max_texts={self.max_texts}: give a longer queue or fewer texts."
            )
