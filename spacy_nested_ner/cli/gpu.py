"""Where the commands compute."""

from thinc.api import require_gpu

from ..user_error import UserError


def use_gpu(gpu_id: int) -> None:
    """Compute on a GPU from now on, or on the CPU for -1.

    RAISES (UserError): There is no such GPU.
    """
    if gpu_id < 0:
        return
    try:
        require_gpu(gpu_id)
    except ValueError as error:
        raise UserError(
            f"Cannot use GPU {gpu_id} ({error}): give another --gpu-id, -1 for the CPU."
        ) from None
