"""The pipelines of a server, each under a name of its own."""

from pathlib import Path
from typing import List, Optional, Sequence, Union

from spacy.language import Language

from ..annotation.candidates import CandidatePipeline, Wanted
from ..files.pipelines import load_pipeline
from ..user_error import UserError


class ServedPipeline(CandidatePipeline):
    """A pipeline with a name.

    name: for requests; no other pipeline of the server has it.
    title: language, name and version.
    RAISES (UserError): The pipeline fails on a short text, or does not write to the key.
    """

    def __init__(self, nlp: Language, name: str, spans_key: Optional[str] = None) -> None:
        super().__init__(nlp, spans_key)
        self.name = name
        self.title = "{lang}_{name} {version}".format(**nlp.meta)
        (found,) = self.annotate([Wanted("A short text.")], [nlp.tokenizer("A short text.")])
        if isinstance(found, Exception):
            raise UserError(
                f"The pipeline '{name}' fails on a short text ({type(found).__name__}: "
                f"{found}): try it with spacy.load."
            ) from found


def load_pipelines(
    pipelines: Sequence[Union[str, Path, Language]], spans_key: Optional[str] = None
) -> List[ServedPipeline]:
    """Load pipelines, each under a name of its own.

    RAISES (UserError): There is none; one cannot be loaded or does not write to the key.
    """
    if not pipelines:
        raise UserError("There is no pipeline to serve: give at least one.")
    loaded = [one if isinstance(one, Language) else load_pipeline(one) for one in pipelines]
    return [ServedPipeline(nlp, name, spans_key) for nlp, name in zip(loaded, _name(pipelines))]


def _name(pipelines: Sequence[Union[str, Path, Language]]) -> List[str]:
    """The last parts of the paths, as many as tell them apart; a number for equal ones."""
    paths = [
        ("{lang}_{name}".format(**one.meta),)
        if isinstance(one, Language)
        else Path(one).parts or (str(one),)
        for one in pipelines
    ]
    for n in range(1, max(map(len, paths)) + 1):
        names = ["/".join(path[-n:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [f"{path[-1]}-{number}" for number, path in enumerate(paths, start=1)]
