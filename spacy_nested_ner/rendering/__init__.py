"""Draw mentions on their text: nested, crossing, gold above the text and predicted below it.

`draw` makes the HTML of one document. Take a text with three mentions:

    Bar(0, 18, "DNA")       IL-2 gene promoter
    Bar(0, 4, "protein")    IL-2
    Bar(5, 26, "site")      gene promoter element

1. Slots (slots.py). A slot is a height, counted from the text. Two bars with the same slot
   never overlap. IL-2 gets slot 0. "IL-2 gene promoter" is around it and gets slot 1. The third
   mention crosses that one and gets slot 0 again.
2. Elements (layout.py). A bar is the background of an inline element around its words, which
   has a padding below (or above) the text that reaches down to its slot. So the browser sets
   and wraps the text as if there were no bars, in any script, font and width of the window, and
   a bar ends where its words end. Where bars cross, the one with the lower slot is cut, and its
   parts touch:

    IL-2 gene promoter element          <mark DNA><mark protein>IL-2</mark>
    █protein█ █site███████████████       <mark site>gene promoter</mark></mark>
    █DNA██████████████                  <mark site> element</mark>

3. Room (layout.py). An empty element at each word with bars makes its line high enough for
   them, and another one holds the label at the first word of its bar. Neither has a width.

The style sheet draws bars and labels, so text copied from the page is the original text. A
label is cut where its bar ends. Its tooltip shows all of it, to mouse, keyboard and touch.

`visualize` draws the docs of a pipeline in a notebook or as a page.
"""

from .colors import label_color, label_colors
from .displacy import displacy_options
from .draw import BARS_SCRIPT, STYLE, draw, draw_legend
from .slots import Bar
from .visualize import Drawing, visualize

__all__ = [
    "BARS_SCRIPT",
    "STYLE",
    "Bar",
    "Drawing",
    "displacy_options",
    "draw",
    "draw_legend",
    "label_color",
    "label_colors",
    "visualize",
]
