"""A Thinc shim for torch modules whose updates keep no memory.

Thinc's shim gives each weight a new tensor at each update, over the memory of the last one, and
the new tensor keeps the last one alive. After many updates this chain takes more memory than
the weights.
"""

from typing import Any, cast

from thinc.api import Optimizer, PyTorchShim, torch2xp, xp2torch
from thinc.shims import Shim
from thinc.types import FloatsXd


class InPlaceShim(PyTorchShim):
    """Updates weights in their own memory, to the same values as Thinc's shim. A copy has an
    id of its own, under which an optimizer keeps its moments.

    learned (bool): Whether the weights come from updates or from a file. A model that is
        initialised then gets new ones, as the layers of Thinc do.
    """

    learned = False

    def begin_again(self, module: Any) -> None:
        """Take a module whose weights have learned nothing."""
        self._model = module
        self.learned = False
        self.renew_id()

    def from_bytes(self, bytes_data: bytes) -> "InPlaceShim":
        super().from_bytes(bytes_data)
        self.learned = True
        return self

    def copy(self) -> "InPlaceShim":
        copied: InPlaceShim = super().copy()
        copied.renew_id()
        return copied

    def renew_id(self) -> None:
        """Take another id: for an optimizer, the weights are new."""
        with Shim.global_id_lock:
            Shim.global_id += 1
            self.id = Shim.global_id

    def finish_update(self, optimizer: Optimizer) -> None:
        for name, parameter in self._model.named_parameters():
            if parameter.grad is None:
                continue
            # after an overflow of float16 there is no update
            if not self._grad_scaler.found_inf:
                self.learned = True
                weights, _ = optimizer(
                    (self.id, name),
                    cast(FloatsXd, torch2xp(parameter.data)),
                    cast(FloatsXd, torch2xp(parameter.grad)),
                )
                updated = xp2torch(weights, device=parameter.device)
                # most optimizers of Thinc work in place
                if updated.data_ptr() != parameter.data_ptr():
                    parameter.data.copy_(updated)
            parameter.grad.zero_()
        self._grad_scaler.update()
