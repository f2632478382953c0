"""Draw mentions on their text: nested, crossing, gold above the text and predicted below it.

`draw` makes the HTML of one document. Take a text with three mentions:

    Bar(0, 18, "DNA")       IL-2 gene promoter
    Bar(0, 4, "protein")    IL-2
    Bar(5, 26, "site")      gene promoter element

1. Slots (slots.py). A slot is a height, counted from the text. Two bars with the same slot
   never overlap. IL-2 gets slot 0. "IL-2 gene promoter" is around it and gets slot 1. The third
   mention crosses that one and gets slot 0 again.
2. Groups (breaks.py, layout.py). Lines end between words, and in Chinese between characters:
   "IL-2 ", "gene ", "promoter ", "element" are four groups, and no line ends inside a group. If
   a label begins in a group and needs more room, the group takes in the words after it.
3. Boxes (layout.py). The longest bar of a group becomes a box around its text, and the bars
   inside it become boxes in that box. Where bars cross, one of them is cut.

    ┌─────────────┐┌────────┐┌──────────┐┌─┐┌───────┐
    │┌───────┐    ││┌──────┐││┌────────┐││ ││       │
    ││IL-2   │    │││gene  ││││promoter│││ ││element│
    │└protein┘    ││└site──┘││└────────┘│└─┘└───────┘
    └DNA──────────┘└────────┘└──────────┘

   A box is an inline block. It has room for its bar below (or above) its contents, and is as
   wide as its text and its label. So nothing collides, in any font and any width of the window:
   lines are as high as their boxes, and the parts of a bar touch each other.

The style sheet draws the labels. So text copied from the page is the original text, with the
same blanks. In text that runs from right to left, every box has an explicit direction
(direction.py), because a browser orders boxes without looking at their contents.

`visualize` draws the docs of a pipeline in a notebook or as a page.
"""

from .colors import label_color
from .displacy import displacy_options
from .draw import STYLE, draw, draw_legend
from .slots import Bar
from .visualize import Drawing, visualize

__all__ = [
    "STYLE",
    "Bar",
    "Drawing",
    "displacy_options",
    "draw",
    "draw_legend",
    "label_color",
    "visualize",
]
