"""`python -m spacy_nested_ner.annotation.verify OUT`: check the output of a finished run.

It reads every file again: checksums, numbers of records and errors, and that the shards hold
each record of the input once.
"""

import json
import sys
from hashlib import sha256
from typing import Any, Dict, Mapping

from spacy.tokens import DocBin

from ..corpus.readers.extras import import_extra
from ..files.storage import Folder
from ..user_error import UserError
from .ledger import ERRORS, MANIFESTS, SHARDS, Ledger, check_ranges, read_range


def verify(out: str) -> Dict[str, int]:
    """Check an output folder.

    RETURNS: n_shards, n_records, n_errors.
    RAISES (UserError): The run has not finished; a file is missing, superfluous or damaged; a
        record is missing or comes twice.
    """
    folder = Folder(out)
    finished = Ledger.read_run(folder).get("finished")
    if finished is None:
        raise UserError(f"The run in {out} has not finished: go on with it with --resume.")
    manifests = [json.loads(folder.read(name)) for name in folder.sizes(MANIFESTS)]
    n_input = finished["n_records"] + finished["n_errors"]
    check_ranges([read_range(manifest) for manifest in manifests], n_input)
    totals = {"n_shards": len(manifests), "n_records": 0, "n_errors": 0}
    named = set()
    for manifest in manifests:
        for key, count in (("shard", "n_records"), ("errors", "n_errors")):
            file = manifest[key]
            n = 0
            if file is not None:
                named.add(file["file"])
                n = _count(folder, file)
            if n != manifest[count]:
                raise _damaged(folder, file["file"] if file else key)
            totals[count] += n
    for name in {*folder.sizes(SHARDS), *folder.sizes(ERRORS)} ^ named:
        raise _damaged(folder, name)
    if any(totals[name] != finished[name] for name in totals):
        raise _damaged(folder, "run.json")
    return totals


def _count(folder: Folder, file: Mapping[str, Any]) -> int:
    """The number of records in a file.

    RAISES (UserError): Its checksum is wrong.
    """
    data = folder.read(file["file"])
    if sha256(data).hexdigest() != file["sha256"]:
        raise _damaged(folder, file["file"])
    if file["file"].endswith(".spacy"):
        return len(DocBin().from_bytes(data))
    if file["file"].endswith(".parquet"):
        pa = import_extra("pyarrow", "parquet")
        parquet = import_extra("pyarrow.parquet", "parquet")
        n_rows: int = parquet.read_metadata(pa.BufferReader(data)).num_rows
        return n_rows
    return data.count(b"\n")


def _damaged(folder: Folder, name: str) -> UserError:
    return UserError(
        f"{folder.url}/{name} is missing, superfluous or not as the run wrote it: "
        "annotate into a new folder."
    )


if __name__ == "__main__":
    try:
        print(json.dumps(verify(sys.argv[1])))
    except UserError as error:
        sys.exit(f"Error: {error}")
