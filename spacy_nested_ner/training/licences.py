"""Identifiers of licences as the Hugging Face Hub takes them, close to SPDX in lower case."""

from ..user_error import UserError

# the table in https://huggingface.co/docs/hub/repositories-licenses, hub-docs commit 008d54d
# fmt: off
IDENTIFIERS = frozenset([
    "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bigcode-openrail-m",
    "bigscience-bloom-rail-1.0", "bigscience-openrail-m", "bsd", "bsd-2-clause", "bsd-3-clause",
    "bsd-3-clause-clear", "bsl-1.0", "c-uda", "cc", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0",
    "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0",
    "cdla-sharing-1.0", "creativeml-openrail-m", "deepfloyd-if-license", "ecl-2.0", "epl-1.0",
    "epl-2.0", "etalab-2.0", "eupl-1.1", "gemma", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "isc",
    "lgpl", "lgpl-2.1", "lgpl-3.0", "lgpl-lr", "llama2", "lppl-1.3c", "mit", "mpl-2.0", "ms-pl",
    "ncsa", "odbl", "odc-by", "ofl-1.1", "openrail", "openrail++", "osl-3.0", "other", "pddl",
    "postgresql", "unknown", "unlicense", "wtfpl", "zlib",
])
# fmt: on


def identify_licence(text: str) -> str:
    """Identifier of a licence that a text names: "CC BY 4.0" is cc-by-4.0.

    text: Only the words before the first comma or colon count: "MIT, our own text" is mit.
    RETURNS: "other" for terms without an identifier, "" for an empty text.
    """
    name = text.replace(":", ",").partition(",")[0].strip().lower().replace(" ", "-")
    return name if name in IDENTIFIERS or not name else "other"


def check_licence(licence: str) -> str:
    """Identifier of the licence that a user gives.

    RAISES (UserError): It is not in the Hub's list.
    """
    identifier = licence.strip().lower().replace(" ", "-")
    if identifier not in IDENTIFIERS:
        raise UserError(
            f"'{licence}' is not an identifier of a licence: give one that the Hugging Face "
            "Hub takes, such as mit, apache-2.0, cc-by-4.0, or other."
        )
    return identifier
