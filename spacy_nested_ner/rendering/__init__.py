"""Mentions drawn on their text: nested, crossing, gold above and predicted below.

`draw` makes HTML of one document. Take a text with three mentions:

    Bar(0, 18, "DNA")       IL-2 gene promoter
    Bar(0, 4, "protein")    IL-2
    Bar(5, 26, "site")      gene promoter element

1. Slots (slots.py). A slot is a height, counted from the text, and two bars of one slot never
   overlap: IL-2 gets slot 0; "IL-2 gene promoter", which is around it, 1; the third, which
   crosses it, 0 again.
2. Groups (breaks.py, layout.py). Lines end between words, and in Chinese between characters:
   "IL-2 ", "gene ", "promoter ", "element" are four groups, within which no line ends. A group
   takes in the words that follow as long as a label that begins in it needs their room.
3. Boxes (layout.py). The longest bar of a group becomes a box around its text, the bars within
   it boxes in that box; where bars cross, one of them is cut.

    ┌─────────────┐┌────────┐┌──────────┐┌─┐┌───────┐
    │┌───────┐    ││┌──────┐││┌────────┐││ ││       │
    ││IL-2   │    │││gene  ││││promoter│││ ││element│
    │└protein┘    ││└site──┘││└────────┘│└─┘└───────┘
    └DNA──────────┘└────────┘└──────────┘

   A box is an inline block with room for its bar below (or above) what is in it, and as wide as
   its text and its label. So nothing can collide, whatever the font and the width of the
   window: lines grow by what stands on them, the parts of a bar touch each other, and the
   browser does the rest.

The text stays the text: labels are drawn by the style sheet, so what is copied from the page is
what was given, down to the blanks. In a text that runs from right to left every box is told its
direction (direction.py), because a browser orders boxes without looking at what is in them.

`visualize` draws the docs of a pipeline, for notebooks, and makes pages of them.
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
