"""The pipeline that a pipe is part of, as far as the pipe can know it."""

import weakref
from typing import Any, Dict, List, Optional, Tuple

from spacy.language import Language
from spacy.ty import ListenedToComponent
from thinc.api import Model


class Owner:
    """A weak reference to a pipeline. A copy of it in another process refers to none.

    spaCy passes the pipeline to the factory and to `initialize`. It does not say so if another
    pipeline takes the pipe over by `source`, so this may be the former one.
    """

    def __init__(self, nlp: Optional[Language] = None) -> None:
        self._nlp = None if nlp is None else weakref.ref(nlp)

    def __reduce__(self) -> Tuple[Any, ...]:
        return Owner, ()

    @property
    def nlp(self) -> Optional[Language]:
        return None if self._nlp is None else self._nlp()

    def config_of(self, pipe: Any) -> Dict[str, Any]:
        """The settings of a pipe, as the pipeline saves them; an empty dict if the pipeline is
        unknown or does not have the pipe."""
        components = () if self.nlp is None else self.nlp.components
        name = next((name for name, one in components if one is pipe), None)
        return {} if self.nlp is None or name is None else self.nlp.get_pipe_config(name)

    def encoders(self, model: Model[Any, Any]) -> List[Tuple[str, Any]]:
        """Names and pipes of the shared encoders that a model listens to; none if the pipeline
        is unknown."""
        nodes = {id(node) for node in model.walk()}
        return [
            (name, pipe)
            for name, pipe in ([] if self.nlp is None else self.nlp.components)
            if isinstance(pipe, ListenedToComponent)
            and any(id(listener) in nodes for listener in pipe.listeners)
        ]
