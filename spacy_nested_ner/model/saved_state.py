"""Load what torch.save wrote."""

from io import BytesIO
from typing import Any, Dict

import torch

from ..user_error import UserError


def load_state(state: bytes, device: torch.device) -> Dict[str, Any]:
    """Load weights without running any code that the bytes may contain.

    RAISES (UserError): The bytes are damaged.
    """
    try:
        saved = torch.load(BytesIO(state), map_location=device, weights_only=True)
    except Exception:  # of torch, pickle or zipfile; the message of torch advises to run code
        saved = None
    if not isinstance(saved, dict):
        raise UserError("The saved weights are damaged: restore the file from a copy.")
    return saved
