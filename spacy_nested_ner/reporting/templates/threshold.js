// Counts precision, recall and F1 again at the threshold of the slider.
(() => {
  const form = document.getElementById("threshold");
  if (!form) return;
  const STEPS_OF_SLIDER = 100; // steps of the stored probabilities in one of the slider
  const { labels, gold, right, wrong } = JSON.parse(form.dataset.probabilities);
  const slider = form.elements.namedItem("at");

  // how many of these sorted numbers are at least `least`
  const count = (sorted, least) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < least) low = middle + 1;
      else high = middle;
    }
    return sorted.length - low;
  };

  // the same steps as in scoring/matching.py, so that the last digit is the same
  const percent = (value) => {
    if (Number.isNaN(value)) return "–";
    const x = 100 * value;
    // of the ties only .25 would be rounded to another digit than in Python, which makes it even
    return (x % 1 === 0.25 ? x - 0.05 : x).toFixed(1);
  };
  const scores = (nGold, nRight, nWrong) => {
    const precision = nRight / (nRight + nWrong); // NaN for 0 / 0
    const recall = nRight / nGold;
    const p = Number.isNaN(precision) ? 0 : precision;
    const f = p + recall > 0 ? (2 * p * recall) / (p + recall) : recall;
    return [f, precision, recall].map(percent);
  };
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

  const rows = new Map();
  for (const row of form.querySelectorAll("tbody tr")) rows.set(row.dataset.number, row);

  const apply = () => {
    const isLowest = slider.value === slider.min;
    const least = isLowest ? 0 : Number(slider.value) * STEPS_OF_SLIDER;
    const nRight = right.map((sorted) => count(sorted, least));
    const nWrong = wrong.map((sorted) => count(sorted, least));
    const [f, p, r] = scores(sum(gold), sum(nRight), sum(nWrong));
    form.elements.namedItem("value").textContent = isLowest
      ? "as predicted"
      : (Number(slider.value) / 100).toFixed(2);
    form.elements.namedItem("scores").textContent = `F1 ${f}, precision ${p}, recall ${r}`;
    labels.forEach((_, i) => {
      const cells = scores(gold[i], nRight[i], nWrong[i]);
      const row = rows.get(String(i));
      cells.forEach((cell, k) => (row.cells[k + 1].textContent = cell));
      row.cells[4].textContent = (nRight[i] + nWrong[i]).toLocaleString("en");
    });
  };
  slider.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
