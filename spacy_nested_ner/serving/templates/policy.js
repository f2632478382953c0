// The spans to show: those above their threshold, with a label that is on, after the overlap
// policy. The same as choose.py and decoding/policies.py; a test compares them.
const chooseSpans = (() => {
  const crosses = (a, b) =>
    (a.start_token < b.start_token && b.start_token < a.end_token && a.end_token < b.end_token) ||
    (b.start_token < a.start_token && a.start_token < b.end_token && b.end_token < a.end_token);
  const overlaps = (a, b) => a.start_token < b.end_token && b.start_token < a.end_token;
  const conflicts = { all: () => false, nested: crosses, flat: overlaps };

  // greedy, from the best to the worst; of equal spans, the first in order
  const resolve = (spans, { overlap, prefer }) => {
    if (overlap === "all") return spans;
    const isConflict = conflicts[overlap];
    const better = {
      probability: (a, b) => b.score - a.score,
      length: (a, b) =>
        b.end_token - b.start_token - (a.end_token - a.start_token) || b.score - a.score,
    }[prefer];
    const kept = new Set();
    for (const span of [...spans].sort(better)) {
      let isFree = true;
      for (const other of kept) isFree &&= !isConflict(span, other);
      if (isFree) kept.add(span);
    }
    return spans.filter((span) => kept.has(span));
  };

  // without the spans that lie too deep; spans are in order: start, longer first
  const limitDepth = (spans, most) => {
    if (most === null) return spans;
    const isInside = (a, b) =>
      b.start_token <= a.start_token &&
      a.end_token <= b.end_token &&
      (a.start_token !== b.start_token || a.end_token !== b.end_token);
    const depth = new Map();
    for (const span of spans) {
      let deepest = 0;
      for (const [other, its] of depth) if (isInside(span, other)) deepest = Math.max(deepest, its);
      depth.set(span, deepest + 1);
    }
    return spans.filter((span) => depth.get(span) <= most);
  };

  // threshold: for all labels; null for those of the pipeline
  return (spans, { threshold, off, pipeline }) => {
    const isAbove = ({ label, score }) => {
      const least = threshold ?? pipeline.thresholds[label];
      return least === undefined || score === null || score > least;
    };
    const chosen = spans.filter((span) => !off.has(span.label) && isAbove(span));
    // a pipeline without a floor has applied its policy
    if (pipeline.floor === null) return chosen;
    return limitDepth(resolve(chosen, pipeline), pipeline.max_depth);
  };
})();
