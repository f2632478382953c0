"use strict";
// Hides some bars of a drawing that was made with `redrawable`, and moves the others towards the
// text: redraw(drawing, (start, end, label) => whether it is shown). The text does not move.
const redraw = (() => {
  const pair = (text) => text.split(":").map(Number);

  // the elements of each bar, by its side, characters and label
  const gather = (drawing) => {
    const bars = new Map();
    for (const element of drawing.querySelectorAll("[data-span]")) {
      const isAbove = element.classList.contains("above");
      const { span, label } = element.dataset;
      const key = JSON.stringify([isAbove, span, label]);
      if (!bars.has(key)) {
        const [start, end] = pair(span);
        const slot = Number(element.style.getPropertyValue("--s") || 0);
        bars.set(key, { start, end, label, isAbove, slot, elements: [] });
      }
      bars.get(key).elements.push(element);
    }
    const rooms = Array.from(drawing.querySelectorAll("i[data-word]"), (element) => {
      const [start, end] = pair(element.dataset.word);
      return { element, start, end };
    });
    // from the text outwards: elements are nested in this order, so it has to stay
    const sorted = Array.from(bars.values()).sort((a, b) => a.slot - b.slot);
    return { bars: sorted, rooms };
  };

  const show = (bar, slot) => {
    for (const element of bar.elements) {
      element.classList.toggle("off", slot === null);
      if (slot !== null) element.style.setProperty("--s", slot);
      if (element.localName !== "mark") continue;
      element.dataset.title ??= element.title;
      element.title = slot === null ? "" : element.dataset.title;
      if (!element.classList.contains("first")) continue;
      if (slot === null) element.removeAttribute("tabindex");
      else element.tabIndex = 0;
    }
  };

  const highest = (used, start, end) => {
    let slot = 0;
    for (let i = start; i < end; i++) slot = Math.max(slot, used[i]);
    return slot;
  };

  const gathered = new WeakMap();
  return (drawing, isShown) => {
    if (!gathered.has(drawing)) gathered.set(drawing, gather(drawing));
    const { bars, rooms } = gathered.get(drawing);
    const length = Math.max(0, ...bars.map((bar) => bar.end), ...rooms.map((room) => room.end));
    // slots in use over each character, below and above the text
    const used = [new Uint16Array(length), new Uint16Array(length)];
    for (const bar of bars) {
      const side = used[Number(bar.isAbove)];
      const isOn = isShown(bar.start, bar.end, bar.label);
      const slot = isOn ? highest(side, bar.start, bar.end) : null;
      if (isOn) side.fill(slot + 1, bar.start, bar.end);
      show(bar, slot);
    }
    for (const { element, start, end } of rooms) {
      for (const [name, side] of [["--b", used[0]], ["--a", used[1]]])
        element.style.setProperty(name, highest(side, start, end));
    }
  };
})();
