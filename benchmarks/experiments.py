"""Run experiments: arms × seeds × corpora, one line of JSON for each run.

    python -m benchmarks.experiments --plan benchmarks/losses.yml \\
        --out benchmarks/results/losses.jsonl

A cell is one training run: an arm of an experiment with a seed. A cell with a result line does
not run again, so after an interruption the same command continues; an interrupted cell leaves
no line. Each cell runs in its own process with one thread, so its scores depend only on its
settings.
"""

import os
from copy import deepcopy
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any, Dict, Iterator, List, Literal, Mapping, NamedTuple, Optional, Sequence

import srsly
import typer
from spacy.language import Language
from spacy.training.initialize import init_nlp
from thinc.api import Config, require_gpu
from wasabi import msg

# imported to register the functions that experiments name
import benchmarks.controls
import benchmarks.little_data
import benchmarks.near_misses  # noqa: F401
from benchmarks.cell_engines import run_in_processes, run_on_ray
from benchmarks.counts import count_spans
from benchmarks.environment import ROOT, read_environment
from benchmarks.lines import append_line, describe_command
from benchmarks.memory import peak_mb
from benchmarks.subsets import make_subset_reader
from benchmarks.thresholds import lowest_threshold, score_at_best_threshold
from benchmarks.train import find_spans_key, train
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.evaluation.documents import EvaluatedDoc, pair_examples
from spacy_nested_ner.training.check_values import check_values
from spacy_nested_ner.training.configure import configure, find_section
from spacy_nested_ner.training.model_card import hash_file
from spacy_nested_ner.training.pretraining import make_section
from spacy_nested_ner.training.threads import NAME as LIMIT_THREADS
from spacy_nested_ner.user_error import UserError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

CellEngine = Literal["processes", "ray"]

# libraries for linear algebra read these variables at the start of a process
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Cell(NamedTuple):
    """One training run.

    plan: Settings of all runs of the experiment: `corpus`, `updates`; optional are `documents`
        (share of the training documents), `at_most` (maximum training mentions of a label),
        `evaluations`, `settings` (like those of an arm), `encoder` (name on the hub).
    settings: Settings of the arm: `config`, a path in the repository; `encoder`, instead of
        that of the plan; `weights`, the name of a file from `spacy pretrain`, if the encoder
        begins with it; `change`, what makes other training documents of the subset; and
        sections or values by dotted name.
    """

    experiment: str
    arm: str
    seed: int
    plan: Mapping[str, Any]
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.experiment}/{self.arm}/{self.seed}"


@app.command()
def main(
    plan: Path = typer.Option(..., exists=True, dir_okay=False, help="Arms and experiments."),
    out: Path = typer.Option(..., dir_okay=False, help="File to append result lines to."),
    corpora: Path = typer.Option(Path("corpus"), help="Folder of the converted corpora."),
    encoders: Optional[Path] = typer.Option(
        None, exists=True, file_okay=False, help="Folder of the encoders, instead of the hub."
    ),
    experiment: List[str] = typer.Option([], help="Run only this experiment; repeatable."),
    arm: List[str] = typer.Option([], help="Run only this arm; repeatable."),
    seed: List[int] = typer.Option([], help="Run only this seed; repeatable."),
    engine: CellEngine = typer.Option(
        "processes", help="processes: this machine; ray: a cluster."
    ),
    workers: Optional[int] = typer.Option(
        None,
        min=1,
        help="Number of cells at a time, each on one core; by default 1, for ray as many as "
        "the cluster has room for.",
    ),
    address: Optional[str] = typer.Option(
        None, help="Of a Ray cluster; by default, ray starts one on this machine."
    ),
    gpu: int = typer.Option(-1, help="CUDA device, -1 for none."),
    weights: Path = typer.Option(
        Path("pretrained"), help="Folder with the weights of `spacy pretrain`: NAME.bin."
    ),
    keep: Optional[Path] = typer.Option(
        None, file_okay=False, help="Folder to save the pipelines in: EXPERIMENT/ARM/SEED."
    ),
    dry: bool = typer.Option(False, "--dry", help="List the cells, but do not run them."),
) -> None:
    """Run the cells of PLAN that have no line in OUT yet."""
    if address and engine != "ray":
        raise typer.BadParameter(
            "--address is for --engine ray: give that too, or leave it out."
        )
    wanted: Dict[str, List[Any]] = {"experiment": experiment, "arm": arm, "seed": seed}
    cells = [
        cell
        for cell in read_cells(plan)
        if all(not some or getattr(cell, field) in some for field, some in wanted.items())
    ]
    if not cells:
        raise typer.BadParameter(
            f"{plan} has no cell with these options: change --experiment, --arm or --seed."
        )
    missing = find_missing(cells, read_lines(out), corpora)
    msg.info(f"{len(cells)} cells, {len(cells) - len(missing)} of them done")
    if dry:
        typer.echo("\n".join(cell.name for cell in missing))
        return
    lines = run_cells(
        missing,
        corpora,
        encoders,
        weights=weights,
        keep=keep,
        engine=engine,
        workers=workers,
        address=address,
        gpu=gpu,
    )
    for line in lines:
        options = {
            "plan": f"benchmarks/{plan.name}",
            "out": f"benchmarks/results/{out.name}",
            **{field: line[field] for field in wanted},
            "gpu": gpu,
        }
        append_line(
            out, {**line, "command": describe_command("benchmarks.experiments", options)}
        )
        gold, predicted, right = line["test"]["total"]
        msg.good(
            f"{line['experiment']}/{line['arm']}/{line['seed']}: test "
            f"{200 * right / max(1, gold + predicted):.2f}, {line['seconds']:.0f} s"
        )


def read_cells(file: Path) -> List[Cell]:
    """Read the cells of a plan, sorted by experiment and seed.

    RAISES (UserError): An experiment names an unknown arm.
    """
    content = srsly.read_yaml(file)
    cells = []
    for experiment, plan in content["experiments"].items():
        plan = dict(plan)
        for arm, n_seeds in plan.pop("arms").items():
            if arm not in content["arms"]:
                raise UserError(
                    f"Experiment '{experiment}' of {file} names an unknown arm '{arm}': define "
                    "it under `arms`."
                )
            settings = content["arms"][arm]
            cells += [Cell(experiment, arm, seed, plan, settings) for seed in range(n_seeds)]
    order = list(content["experiments"])
    return sorted(cells, key=lambda cell: (order.index(cell.experiment), cell.seed))


def find_missing(
    cells: Sequence[Cell], lines: Sequence[Mapping[str, Any]], corpora: Path
) -> List[Cell]:
    """The cells without a result line.

    RAISES (UserError): The settings of a cell have changed since its line was written, so the
        arms are not comparable.
    """
    made_with = {
        f"{line['experiment']}/{line['arm']}/{line['seed']}": line["settings_sha256"]
        for line in lines
    }
    changed = [
        cell.name
        for cell in cells
        if cell.name in made_with and made_with[cell.name] != digest(cell, corpora)
    ]
    if changed:
        raise UserError(
            f"{len(changed)} result lines, for example {changed[0]}, were made with other "
            "settings: give the changed experiment a new name, or remove its lines."
        )
    return [cell for cell in cells if cell.name not in made_with]


def run_cells(
    cells: Sequence[Cell],
    corpora: Path,
    encoders: Optional[Path] = None,
    *,
    weights: Path = Path("pretrained"),
    keep: Optional[Path] = None,
    engine: CellEngine = "processes",
    workers: Optional[int] = None,
    address: Optional[str] = None,
    gpu: int = -1,
) -> Iterator[Dict[str, Any]]:
    """Run each cell in its own process; yield result lines, without command, as they finish.

    corpora, encoders, weights, keep: As for `run_cell`.
    workers: Number of cells at a time; None for 1, on Ray for as many as there is room for.
    address: Of a Ray cluster; None to start one on this machine.
    RAISES (UserError): Processes died; there is no cluster at the address.
    """
    if engine == "ray":
        gpu = min(gpu, 0)  # a task sees only its own GPU
    calls = {
        cell.name: partial(
            run_cell, cell, corpora, encoders, weights=weights, keep=keep, gpu=gpu
        )
        for cell in cells
    }
    if engine == "ray":
        return run_on_ray(
            calls, workers or 0, gpus=gpu + 1, environment=ONE_THREAD, address=address
        )
    os.environ.update(ONE_THREAD)
    return run_in_processes(calls, workers or 1)


def run_cell(
    cell: Cell,
    corpora: Path,
    encoders: Optional[Path] = None,
    *,
    weights: Path = Path("pretrained"),
    keep: Optional[Path] = None,
    gpu: int = -1,
) -> Dict[str, Any]:
    """Train, and count the mentions that the best model on dev predicts in dev and test.

    encoders: Folder of the pretrained encoders, by the last part of their names; None for
        the hub.
    weights: Folder of the files that arms name as `weights`.
    keep: Folder to save the trained pipeline in, under the name of the cell.
    RETURNS: The result line without its command. Its peak_mb is the peak memory of this
        process so far, in MB; on a GPU, of the GPU.
    """
    import torch

    torch.set_num_threads(1)
    if gpu >= 0:
        require_gpu(gpu)
    facts = corpus_facts(read_report(corpora / cell.plan["corpus"]))
    config = build_config(cell, corpora, encoders)
    made_from = use_weights(config, cell, weights)
    # before the training, during which files may change
    sha256, environment = digest(cell, corpora), read_environment(gpu=gpu)
    nlp = init_nlp(config, use_gpu=gpu)
    training = train(nlp)
    if keep:
        (keep / cell.name).mkdir(parents=True, exist_ok=True)
        nlp.to_disk(keep / cell.name)
    folder = corpora / cell.plan["corpus"]
    docs = {part: predict(nlp, folder / f"{part}.spacy") for part in ("dev", "test")}
    with lowest_threshold(nlp):
        everything = {part: predict(nlp, folder / f"{part}.spacy").docs for part in docs}
    curve = [[point["step"], point["score"]] for point in training.pop("curve")]
    return {
        "experiment": cell.experiment,
        "arm": cell.arm,
        "seed": cell.seed,
        "plan": dict(cell.plan),
        "settings": dict(cell.settings),
        "settings_sha256": sha256,
        "corpus": {name: facts[name] for name in ("dataset", "split", "source")},
        **made_from,
        **environment,
        "curve": curve,
        **training,
        "predicted_words_per_second": docs["test"].words_per_second,
        "peak_mb": round(peak_mb(gpu)),
        **{part: count_spans(docs[part].docs) for part in docs},
        "at_best_threshold": score_at_best_threshold(everything),
    }


class Predicted(NamedTuple):
    """Documents with gold and predicted mentions, and the speed of the prediction."""

    docs: List[EvaluatedDoc]
    words_per_second: int


def predict(nlp: Language, path: Path) -> Predicted:
    """Predict the mentions of the documents of a .spacy file."""
    key = find_spans_key(nlp.config)
    examples = list(make_subset_reader(path, spans_key=key)(nlp))
    start = perf_counter()
    for eg, doc in zip(examples, nlp.pipe(eg.predicted for eg in examples)):
        eg.predicted = doc
    seconds = perf_counter() - start
    words = sum(len(eg.predicted) for eg in examples)
    return Predicted(pair_examples(examples, key), round(words / seconds))


def build_config(cell: Cell, corpora: Path, encoders: Optional[Path] = None) -> Config:
    """The training config of a cell; variables are not interpolated.

    RAISES (UserError): A setting of the cell is not one of the config, or has a wrong value.
    """
    # copies, because cells share sections of the plan and a config is changed in place
    plan, settings = cell.plan, deepcopy(dict(cell.settings))
    encoder = settings.pop("encoder", plan.get("encoder"))
    if encoder and encoders:
        encoder = str(encoders / encoder.rpartition("/")[2])
    path = settings.pop("config", "benchmarks/configs/tok2vec.cfg")
    settings.pop("weights", None)
    change = settings.pop("change", None)
    every = -(-plan["updates"] // plan.get("evaluations", 3))
    config = configure(
        ROOT / path,
        corpora / plan["corpus"],
        seed=cell.seed,
        encoder=encoder,
        overrides={"training.max_steps": plan["updates"], "training.eval_frequency": every},
    )
    for part in config["corpora"]:
        config["corpora"][part] = {
            "@readers": "benchmarks.Subset.v1",
            "path": f"${{paths.{part}}}",
        }
    config["corpora"]["train"].update(
        documents=plan.get("documents", 1.0), at_most=plan.get("at_most", {}), seed=cell.seed
    )
    if change:
        config["corpora"]["train"]["change"] = change
    for place, value in {**plan.get("settings", {}), **settings}.items():
        find_section(config, place, path)[place.rpartition(".")[2]] = value
    check_values(config.interpolate(), path)
    return config


def use_weights(config: Config, cell: Cell, folder: Path) -> Dict[str, str]:
    """Let the encoder begin with the weights that the arm names.

    RETURNS: Their SHA-256, for the result line; nothing without weights.
    RAISES (UserError): There is no such file.
    """
    if "weights" not in cell.settings:
        return {}
    file = folder / f"{cell.settings['weights']}.bin"
    if not file.is_file():
        raise UserError(
            f"There is no {file}: make it with `spacy pretrain`, see the head of the plan."
        )
    config["paths"]["init_tok2vec"] = str(file)
    config["pretraining"] = make_section(config)
    return {"weights_sha256": hash_file(file)}


def digest(cell: Cell, corpora: Path) -> str:
    """SHA-256 of everything that determines the scores of a cell, except the code.

    Some settings are written as older result lines have them, see `_write_as_before`; so are
    losses, without their namespace.
    """
    config = build_config(cell, corpora)
    del config["paths"]
    _write_as_before(config)
    facts = [config, read_report(corpora / cell.plan["corpus"])["source"]]
    if "weights" in cell.settings:
        facts.append({"weights": cell.settings["weights"]})
    encoder = cell.settings.get("encoder", cell.plan.get("encoder"))
    if encoder:
        facts.append({"encoder": encoder})
    text = srsly.json_dumps(facts, sort_keys=True)
    for loss in ("EMC.v1", "EIoUEMC.v1", "BinaryCrossEntropy.v1"):
        text = text.replace(f'"spacy_nested_ner.{loss}"', f'"{loss}"')
    return sha256(text.encode()).hexdigest()


def _write_as_before(config: Config) -> None:
    """Change a config to the form of older result lines: without a limit of threads, without
    the name of the config and the checksums of the corpus in the model card, with spaCy's
    logger alone, and with variables where numbers are equal."""
    if (config["initialize"]["before_init"] or {}).get("@callbacks") == LIMIT_THREADS:
        config["initialize"]["before_init"] = None
    training = config["training"]
    for name in ("config", "sha256"):
        training["before_to_disk"].pop(name, None)
    training["logger"] = training["logger"].get("logger", training["logger"])
    schedule = training["optimizer"]["learn_rate"]
    if isinstance(schedule, dict) and schedule.get("total_steps") == training["max_steps"]:
        schedule["total_steps"] = "${training.max_steps}"
    for name, component in config["components"].items():
        tok2vec = component.get("model", {}).get("tok2vec", {})
        width = (tok2vec.get("encode") or {}).get("width")
        embed = tok2vec.get("embed") or {}
        # an arm without character n-grams has numbers there
        for layer in (embed, embed["embed"]) if "embed" in embed else ():
            if layer.get("width") == width:
                layer["width"] = f"${{components.{name}.model.tok2vec.encode.width}}"


def read_lines(path: Path) -> List[Dict[str, Any]]:
    """The result lines of a file; none if the file does not exist."""
    return list(srsly.read_jsonl(path)) if path.exists() else []


if __name__ == "__main__":
    app()
