"use strict";
// Hides the documents that do not fit; the choice stands in the address, to be shared.
(() => {
  const form = document.getElementById("filters");
  const { type, kind, text, errors } = form.elements;
  const articles = Array.from(document.querySelectorAll("article.document"), (article) => ({
    article,
    // each "judgement:number of the label", of a mention
    found: article.dataset.found.split(" ").map((pair) => pair.split(":")),
    hasErrors: article.dataset.errors !== "0",
    text: null,
  }));

  const fold = (string) => string.normalize("NFC").toLowerCase().replace(/\s+/g, " ");

  // read when it is first asked for: long documents take a while
  const textOf = (entry) => {
    if (entry.text === null) {
      const id = entry.article.querySelector("h3").textContent;
      const drawing = entry.article.querySelector(".nested-ner");
      // what nobody types stands between the two
      entry.text = `${fold(id)}\0${fold(drawing.textContent)}`;
    }
    return entry.text;
  };

  // type and judgement have to hold for one and the same mention
  const fits = (entry, wanted) =>
    (!errors.checked || entry.hasErrors) &&
    ((!type.value && !kind.value) ||
      entry.found.some(
        ([judgement, label]) =>
          (!type.value || label === type.value) && (!kind.value || judgement === kind.value),
      )) &&
    (!wanted || textOf(entry).includes(wanted));

  // a bar is pale unless it is what is looked for
  const fade = (article) => {
    const name = type.selectedOptions[0].dataset.name;
    for (const bar of article.querySelectorAll(".nested-ner mark")) {
      const wanted =
        (!type.value || bar.dataset.label === name) &&
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
    if (type.value) state.set("type", type.selectedOptions[0].dataset.name);
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
    const option = Array.from(type.options).find((o) => o.dataset.name === state.get("type"));
    type.value = option ? option.value : "";
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
  form.hidden = false;
  read();
  apply();
})();
