"""matplotlib figures as inline SVG: one style, reproducible bytes, many on one page."""

import io
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Dict, Iterator, NamedTuple, Sequence
from xml.etree import ElementTree

from markupsafe import Markup

from ...rendering.tags import shorten_front
from ...user_error import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#22303c"
QUIET = "#5f6c7b"
FAINT = "#d9dfe5"
ACCENT = "#2b5c8a"
SECOND = "#b8561b"
VARIABLES = {
    "--ink": INK,
    "--quiet": QUIET,
    "--line": FAINT,
    "--accent": ACCENT,
    "--second": SECOND,
}
WIDTH = 8.6  # inches, of a page
# characters of a label
MAX_LABEL = 28

_STYLE: Dict[str, Any] = {
    # text as text: for search and screen readers, and for scripts that matplotlib lacks
    "svg.fonttype": "none",
    # without a salt, ids would be random
    "svg.hashsalt": "spacy-nested-ner",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.4,
}
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
# XML cannot hold these characters, not even as references
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Plot(NamedTuple):
    """A picture; the note says what it leaves out."""

    svg: Markup
    note: str = ""


def check_matplotlib() -> None:
    """RAISES (UserError): matplotlib, which draws the plots, is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise UserError(
            "The plots need matplotlib, which is not installed: "
            'pip install "spacy-nested-ner[report]".'
        ) from None


@contextmanager
def plot_style() -> Iterator[None]:
    """The style of our plots, independent of matplotlibrc, for making and saving a figure."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # for scripts that matplotlib's font lacks, the browser uses another font
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        matplotlib.rcdefaults()
        settings: Any = matplotlib.rcParams
        settings.update(_STYLE)
        yield


def new_figure(height: float, *, width: float = WIDTH) -> "Figure":
    """A figure outside of matplotlib's global state; height and width in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def write_svg(figure: "Figure", *, name: str, title: str, description: str) -> Markup:
    """A figure as an HTML element; call it within `plot_style`.

    name: Prefix of all ids, a different one for each figure of a page.
    title, description: For screen readers.
    """
    file = io.BytesIO()
    figure.savefig(
        file, format="svg", metadata={"Date": None}, bbox_inches="tight", transparent=True
    )
    root = ElementTree.fromstring(file.getvalue())  # nosec B314: matplotlib wrote it
    _remove(root, "metadata")
    # its rules would apply to the whole page
    _remove(root, "style")
    for element in root.iter():
        _make_html(element, name)
    box = root.attrib["viewBox"].split()
    root.attrib.clear()
    root.attrib.update(
        {
            "viewBox": " ".join(box),
            "width": f"{float(box[2]):.0f}pt",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-description",
            "stroke-linejoin": "round",
            "stroke-linecap": "butt",
        }
    )
    for i, (tag, text) in enumerate((("title", title), ("desc", description))):
        ids = {"title": f"{name}-title", "desc": f"{name}-description"}
        element = ElementTree.Element(tag, {"id": ids[tag]})
        element.text = clean(text)
        root.insert(i, element)
    svg = ElementTree.tostring(root, encoding="unicode")
    # a page with a dark side gives these colours another value there
    for variable, color in VARIABLES.items():
        svg = svg.replace(f": {color}", f": var({variable}, {color})")
    return Markup(svg)


def clean(text: str) -> str:
    """Text on one line, without characters that XML cannot hold."""
    return " ".join(_NOT_XML.sub("\ufffd", text).split())


def shorten(label: str) -> str:
    """A label for an axis, long ones without their front."""
    label = clean(label)
    return shorten_front(label, MAX_LABEL)


def note_left_out(
    shown: Sequence[object], of: Sequence[object], what: str, *, order: str = "most frequent"
) -> str:
    """How many of the rows a plot shows; empty if it shows all."""
    if len(shown) == len(of):
        return ""
    return f"The {len(shown)} {order} of {len(of):,} {what}."


def _remove(root: ElementTree.Element, tag: str) -> None:
    for parent in root.iter():
        for child in parent.findall(_SVG + tag):
            parent.remove(child)


def _make_html(element: ElementTree.Element, name: str) -> None:
    """Remove the namespace of the names, which HTML does not have, and prefix the ids."""
    element.tag = element.tag.removeprefix(_SVG)
    for key, value in list(element.attrib.items()):
        if key == "id":
            value = f"{name}-{value}"
        elif key == f"{_XLINK}href":
            del element.attrib[key]
            key, value = "href", value.replace("#", f"#{name}-", 1)
        else:
            value = re.sub(r"url\(#", f"url(#{name}-", value)
        element.attrib[key] = value
