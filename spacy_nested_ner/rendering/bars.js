"use strict";
// Makes each drawing one stop of the Tab key: arrows go from bar to bar.
const makeOneStop = (() => {
  const bars = (drawing) => Array.from(drawing.querySelectorAll("mark.first:not(.off)"));
  document.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const bar = event.target.closest?.(".nested-ner mark");
    if (!step || !bar || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = bars(bar.closest(".nested-ner"));
    const next = all[all.indexOf(bar) + step];
    if (!next) return;
    event.preventDefault();
    bar.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  return (drawing) => {
    for (const bar of bars(drawing).slice(1)) bar.tabIndex = -1;
  };
})();
for (const drawing of document.querySelectorAll(".nested-ner")) makeOneStop(drawing);
