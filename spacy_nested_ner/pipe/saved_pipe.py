"""Saving and loading of a pipe with a manifest; see `files.manifest`."""

import logging
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterable, List, Optional, Tuple, Union

import srsly
from spacy.pipeline.trainable_pipe import TrainablePipe
from thinc.api import ConfigValidationError

from ..files.manifest import (
    CONFIG,
    MANIFEST,
    META,
    UNFINISHED,
    Fact,
    Manifest,
    check,
    hash_bytes,
    hash_parts,
    hash_path,
    id_of,
    read_id,
    read_settings,
    select_settings,
    verifies,
)
from ..model.finite import find_non_finite_weight
from ..user_error import UserError
from .owner import Owner

logger = logging.getLogger("spacy")

_PARTS = ("cfg", "vocab", "model")


class SavedPipe(TrainablePipe):
    """A pipe that saves a manifest and compares it on loading.

    A pipeline passes exclude=["vocab"] to its pipes. A pipe that is saved or loaded without it
    is alone: then the manifest is that of the pipe only.

    owner (Owner): The pipeline of this pipe.
    """

    owner: Owner

    @property
    def labels(self) -> Tuple[str, ...]:
        raise NotImplementedError

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        """Save the pipe and its manifest to a folder.

        RAISES (ValueError): A weight is not a finite number; the folder stays as it was.
        """
        self._check_weights()
        folder, exclude = Path(path), list(exclude)
        # if this is interrupted, the folder has files of two pipelines: it must not load
        folder.mkdir(exist_ok=True)
        (folder / MANIFEST).write_text(UNFINISHED, encoding="utf8")
        super().to_disk(folder, exclude=exclude)
        pipe = {name: hash_path(folder / name) for name in _PARTS if name not in exclude}
        pipeline = self._hash_files_of_pipeline(folder) if "vocab" in exclude else {}
        manifest = Manifest(list(self.labels), pipe, pipeline)
        (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf8")

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "SavedPipe":
        """Load the pipe from a folder.

        RAISES (ValueError): Its files, or those of its pipeline, are not as they were saved; a
            weight is not a finite number.
        """
        folder, exclude = Path(path), list(exclude)
        file = folder / MANIFEST
        manifest = self._read_manifest(file.read_bytes() if file.is_file() else None)
        if manifest is not None:
            pipe = {name: fact for name, fact in manifest.pipe.items() if name not in exclude}
            check(pipe, hash_parts(folder, pipe), f"{folder.name}/")
            if "vocab" in exclude:
                check(manifest.pipeline, hash_parts(folder.parent, manifest.pipeline))
        super().from_disk(folder, exclude=exclude)
        self._check_loaded(manifest)
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The pipe and its manifest.

        RAISES (ValueError): A weight is not a finite number.
        """
        self._check_weights()
        exclude = list(exclude)
        message = srsly.msgpack_loads(super().to_bytes(exclude=exclude))
        pipe: Dict[str, Fact] = {name: _hash_part(part) for name, part in message.items()}
        pipeline = self._hash_pipeline() if "vocab" in exclude else {}
        message[MANIFEST] = Manifest(list(self.labels), pipe, pipeline).to_json()
        saved: bytes = srsly.msgpack_dumps(message)
        return saved

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "SavedPipe":
        """Load the pipe from bytes.

        RAISES (ValueError): See `from_disk`.
        """
        exclude = list(exclude)
        message = _unpack(bytes_data)
        manifest = self._read_manifest(message.pop(MANIFEST, None))
        if manifest is not None:
            pipe = {name: fact for name, fact in manifest.pipe.items() if name not in exclude}
            now = {
                name: _hash_part(message[name]) if name in message else None for name in pipe
            }
            check(pipe, now)
            if "vocab" in exclude:
                self._check_pipeline(manifest)
        super().from_bytes(bytes_data, exclude=exclude)
        self._check_loaded(manifest)
        return self

    def _check_pipeline(self, manifest: Manifest) -> None:
        saved, now = manifest.pipeline, self._hash_pipeline()
        # else another pipeline took the pipe over, before it was saved or now
        if saved.get(CONFIG) == now.get(CONFIG):
            check(saved, now)

    def _read_manifest(self, text: Union[str, bytes, None]) -> Optional[Manifest]:
        if text is None:
            logger.info("%s has no %s, so its files are not checked", self.name, MANIFEST)
            return None
        try:
            return Manifest.from_json(text)
        except UserError as error:
            if verifies():
                raise
            warnings.warn(str(error), stacklevel=4)
            return None

    def _hash_files_of_pipeline(self, folder: Path) -> Dict[str, Fact]:
        """What the pipe needs beside its folder."""
        pipeline = folder.parent
        settings = read_settings(pipeline, [folder.name])
        encoders: List[str] = []
        if isinstance(settings, dict):
            encoders = self._find_encoders(settings["nlp"].get("pipeline", []), folder)
            settings = read_settings(pipeline, [folder.name, *encoders])
        facts = {name: hash_path(pipeline / name) for name in ("tokenizer", *encoders)}
        facts.update({CONFIG: settings, META: read_id(pipeline)})
        if settings is not None and settings == self._read_settings([folder.name, *encoders]):
            # spaCy writes the vocabulary after the pipes
            with TemporaryDirectory() as temporary:
                self.vocab.to_disk(temporary, exclude=self._unused_vocab())
                for file in Path(temporary).iterdir():
                    facts[f"vocab/{file.name}"] = hash_path(file)
        # without what was excluded from saving
        return {name: fact for name, fact in facts.items() if fact is not None}

    def _find_encoders(self, pipes: List[str], folder: Path) -> List[str]:
        """The names of the earlier pipes that the pipe may listen to, by their folders."""
        upstream = {
            node.upstream_name for node in self.model.walk() if hasattr(node, "upstream_name")
        }
        before = pipes[: pipes.index(folder.name)] if folder.name in pipes else []
        return [
            name
            for name in before
            if upstream & {"*", name} and (folder.parent / name).is_dir()
        ]

    def _hash_pipeline(self) -> Dict[str, Fact]:
        """What the pipe needs from the pipeline that made it; empty if that is gone."""
        nlp = self.owner.nlp
        if nlp is None:
            return {}
        encoders = dict(self.owner.encoders(self.model))
        parts = {"tokenizer": nlp.tokenizer, **encoders}
        facts: Dict[str, Fact] = {
            name: hash_bytes(part.to_bytes(exclude=["vocab"]))
            for name, part in parts.items()
            if hasattr(part, "to_bytes")
        }
        facts["vocab"] = hash_bytes(self.vocab.to_bytes(exclude=self._unused_vocab()))
        if (id := id_of(nlp.meta)) is not None:
            facts[META] = id
        facts[CONFIG] = self._read_settings([self.name, *encoders])
        return facts

    def _read_settings(self, components: List[str]) -> Fact:
        """The settings of the pipeline that made the pipe; None if that is gone, or if its
        config names a variable that does not exist."""
        nlp = self.owner.nlp
        try:
            return (
                None if nlp is None else select_settings(nlp.config.interpolate(), components)
            )
        except ConfigValidationError:
            return None

    def _unused_vocab(self) -> List[str]:
        """The parts of the vocabulary that change no prediction: the strings, and the vectors
        if no encoder reads them."""
        models = [self.model, *(pipe.model for _, pipe in self.owner.encoders(self.model))]
        names = {node.name for model in models for node in model.walk()}
        return ["strings"] if "static_vectors" in names else ["strings", "vectors"]

    def _check_loaded(self, manifest: Optional[Manifest]) -> None:
        labels = list(self.labels)
        if self.model.has_dim("nO") and self.model.get_dim("nO") != len(labels):
            raise UserError(
                f"{self.name} has {len(labels)} labels and weights for "
                f"{self.model.get_dim('nO')}: restore its file cfg."
            )
        if manifest is not None:
            check({"labels": {"": manifest.labels}}, {"labels": {"": labels}})
        self._check_weights()

    def _check_weights(self) -> None:
        """RAISES (UserError): A weight of the pipe or of its encoder is not finite."""
        for name, pipe in ((self.name, self), *self.owner.encoders(self.model)):
            weight = find_non_finite_weight(pipe.model)
            if weight is not None:
                raise UserError(
                    f"The weights {weight} of {name} have a number that is not finite, so the "
                    "pipeline is neither loaded nor saved: go back to an earlier one, and "
                    "train with a lower learn rate if training did this."
                )


def _unpack(data: bytes) -> Dict[str, Any]:
    """RAISES (UserError): This is not a saved pipe."""
    try:
        message = srsly.msgpack_loads(data)
        known = isinstance(message, dict) and set(message) <= {*_PARTS, MANIFEST}
    except Exception:  # msgpack has no common class of errors
        known = False
    if not known:
        raise UserError("The bytes of the pipe are damaged: restore them from a copy.")
    return dict(message)


def _hash_part(part: Union[str, bytes]) -> str:
    return hash_bytes(part.encode() if isinstance(part, str) else part)
