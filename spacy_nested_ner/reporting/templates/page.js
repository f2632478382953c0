// Hides the documents that the filters exclude; the address of the page holds the filters.
(() => {
  const form = document.getElementById("filters");
  const { label, kind, text, errors } = form.elements;
  const articles = Array.from(document.querySelectorAll("article.document"), (article) => ({
    article,
    // for each mention "judgement:number of its label"
    found: article.dataset.found.split(" ").map((pair) => pair.split(":")),
    hasErrors: article.dataset.errors !== "0",
    text: null,
  }));

  const fold = (string) => string.normalize("NFC").toLowerCase().replace(/\s+/g, " ");

  // computed at the first use: long documents take a while
  const textOf = (entry) => {
    if (entry.text === null) {
      const id = entry.article.querySelector("h3").textContent;
      const drawing = entry.article.querySelector(".nested-ner");
      // separated by a character that no search contains
      entry.text = `${fold(id)}\0${fold(drawing.textContent)}`;
    }
    return entry.text;
  };

  // one mention has to match both the label and the judgement
  const fits = (entry, wanted) =>
    (!errors.checked || entry.hasErrors) &&
    ((!label.value && !kind.value) ||
      entry.found.some(
        ([judgement, number]) =>
          (!label.value || number === label.value) && (!kind.value || judgement === kind.value),
      )) &&
    (!wanted || textOf(entry).includes(wanted));

  // bars and labels that the filters exclude are pale
  const fade = (article) => {
    const name = label.selectedOptions[0].dataset.name;
    for (const bar of article.querySelectorAll(".nested-ner [data-label]")) {
      const wanted =
        (!label.value || bar.dataset.label === name) &&
        (!kind.value || bar.dataset.kind === kind.value);
      bar.classList.toggle("pale", !wanted);
    }
  };

  const apply = () => {
    const wanted = fold(text.value).trim();
    let n = 0;
    for (const entry of articles) {
      const shown = fits(entry, wanted);
      entry.article.hidden = !shown;
      if (shown) fade(entry.article);
      n += shown;
    }
    const count = (number) => number.toLocaleString("en");
    document.getElementById("matching").textContent =
      `${count(n)} of ${count(articles.length)} documents`;
    document.getElementById("none").hidden = n > 0;
  };

  const write = () => {
    const state = new URLSearchParams();
    if (label.value) state.set("label", label.selectedOptions[0].dataset.name);
    if (kind.value) state.set("judged", kind.value);
    if (text.value) state.set("text", text.value);
    if (errors.checked) state.set("errors", "1");
    const hash = `#${state.toString() || "documents"}`;
    window.history.replaceState(null, "", hash);
  };

  const read = () => {
    const hash = window.location.hash.slice(1);
    if (!hash.includes("=")) return;
    const state = new URLSearchParams(hash);
    const option = Array.from(label.options).find((o) => o.dataset.name === state.get("label"));
    label.value = option ? option.value : "";
    kind.value = state.get("judged") ?? "";
    if (kind.selectedIndex < 0) kind.value = "";
    text.value = state.get("text") ?? "";
    errors.checked = state.get("errors") === "1";
    document.getElementById("documents").scrollIntoView();
  };

  let waiting = 0;
  const change = () => {
    write();
    apply();
  };
  form.addEventListener("change", change);
  form.addEventListener("input", (event) => {
    if (event.target !== text) return;
    window.clearTimeout(waiting);
    waiting = window.setTimeout(change, 150);
  });
  // the form is empty only after the event
  form.addEventListener("reset", () => window.setTimeout(change, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => {
    read();
    apply();
  });

  // the next error in the documents that are shown, from the one that has the focus
  const go = (step) => {
    const errors = Array.from(
      document.querySelectorAll("article.document:not([hidden]) mark.first:not(.pale)"),
    ).filter((mark) => mark.dataset.kind !== "correct");
    if (!errors.length) return;
    const here = document.activeElement;
    const place = (mark) => here.compareDocumentPosition(mark);
    const isAfter = (mark) => mark !== here && place(mark) & Node.DOCUMENT_POSITION_FOLLOWING;
    const isBefore = (mark) => mark !== here && place(mark) & Node.DOCUMENT_POSITION_PRECEDING;
    const isFree = !here.closest("article.document");
    const next =
      step > 0
        ? (!isFree && errors.find(isAfter)) || errors[0]
        : (!isFree && errors.findLast(isBefore)) || errors.at(-1);
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  };
  form.elements.namedItem("next").addEventListener("click", () => go(1));
  form.elements.namedItem("previous").addEventListener("click", () => go(-1));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("input, select, textarea")) return;
    if (event.key === "n") go(1);
    if (event.key === "p") go(-1);
  });
  form.hidden = false;
  read();
  apply();
})();
