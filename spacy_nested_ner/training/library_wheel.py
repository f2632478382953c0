"""Make the wheel of this library, so that pip finds it beside the wheel of a pipeline."""

import csv
import io
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from ..user_error import UserError

LIBRARY = "spacy-nested-ner"
PACKAGE = Path(__file__).parent.parent
# files that pip adds to an installed package
BY_PIP = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json")


def make_library_wheel(out: Path) -> Path:
    """Make the wheel of the installed library, without the network.

    out: An existing folder.
    RETURNS: Path of the wheel.
    RAISES (UserError): The library is an editable install and its checkout cannot be built.
    """
    installed = distribution(LIBRARY)
    if f"{PACKAGE.name}/about.py," in (installed.read_text("RECORD") or ""):
        return pack_installed(installed, out)
    return build_wheel(PACKAGE.parent, out)


def pack_installed(installed: Distribution, out: Path) -> Path:
    """Pack the files that pip installed into a wheel again."""
    info = f"{PACKAGE.name}-{installed.version}.dist-info"
    rows = [
        row
        for row in csv.reader((installed.read_text("RECORD") or "").splitlines())
        # compiled files have no hash; scripts, which pip makes itself, lie elsewhere
        if row[1] and PurePosixPath(row[0]).parts[0] in (PACKAGE.name, info)
    ]
    rows = [row for row in rows if PurePosixPath(row[0]).name not in BY_PIP]
    record = io.StringIO()
    csv.writer(record, lineterminator="\n").writerows([*rows, [f"{info}/RECORD", "", ""]])
    wheel = out / f"{PACKAGE.name}-{installed.version}-py3-none-any.whl"
    with ZipFile(wheel, "w", ZIP_DEFLATED) as files:
        for path, *_ in rows:
            files.write(str(installed.locate_file(path)), path)
        files.writestr(f"{info}/RECORD", record.getvalue())
    return wheel


def build_wheel(checkout: Path, out: Path, *, command: str = "bdist_wheel") -> Path:
    """Build the wheel of a checkout and leave no file in it.

    command: Command of setup.py, bdist_wheel or editable_wheel.
    RAISES (UserError): It cannot be built.
    """
    with TemporaryDirectory() as scratch:
        # `pip wheel` would leave build/ and take old files from there the next time
        elsewhere = ("egg_info", "--egg-base", scratch, "build", "--build-base", scratch)
        words = [*elsewhere, command, "--dist-dir", str(Path(scratch, "dist"))]
        done = subprocess.run(
            [sys.executable, "setup.py", "-q", *words],
            cwd=checkout,
            capture_output=True,
            text=True,
        )
        built = list(Path(scratch, "dist").glob("*.whl"))
        if done.returncode or len(built) != 1:
            *_, reason = ["no reason given", *done.stderr.split("\n\n")[-1].splitlines()]
            raise UserError(
                f"Cannot build the wheel of {LIBRARY} from {checkout} ({reason}): install the "
                "library from a wheel."
            )
        wheel = out / built[0].name
        wheel.write_bytes(built[0].read_bytes())
    return wheel
