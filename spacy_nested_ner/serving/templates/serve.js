// The page: a text goes to the server, which answers with a drawing of all candidates; threshold
// and labels then work without it.
(() => {
  const WAIT = 250; // ms after the last key
  const FORMATS = { jsonl: "JSON", prodigy: "Prodigy task", label_studio: "Label Studio task" };
  // code points of a span in its cell of the table
  const LONGEST = 80;
  const find = (id) => document.getElementById(id);
  const text = find("text");
  const slider = find("threshold");
  const off = new Set();
  let info = null; // what the server says of its pipelines
  let threshold = null; // null for the thresholds of the pipelines
  let drawn = null; // { text, views }
  let request = null; // the one that is open

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  // a name that ends a line only behind its signs, as in reports
  const BREAKS = /(?<=[/_:-])(?=[^/_.:-])|(?<=\.)(?=[^/_.:\d-])/;
  const breakable = (name) =>
    name.split(BREAKS).flatMap((part, i) => (i ? [make("wbr"), part] : [part]));
  const count = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

  // --- requests

  const readToken = () => {
    const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
    if (!token) return;
    sessionStorage.setItem("token", token);
    // out of the address bar, the history and pictures of the screen
    window.history.replaceState(null, "", window.location.pathname);
  };

  const ask = async (path, body, signal) => {
    const headers = {};
    const token = sessionStorage.getItem("token");
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    const method = body ? "POST" : "GET";
    const options = { method, headers, signal, body: body && JSON.stringify(body) };
    const answer = await fetch(path, options);
    if (answer.ok) return answer;
    const { detail } = await answer.json().catch(() => ({ detail: answer.statusText }));
    const error = new Error(detail);
    error.status = answer.status;
    throw error;
  };

  const tell = (message, isError = false) => {
    find("status").textContent = message;
    find("status").classList.toggle("error", isError);
  };

  const fail = (error) => {
    if (error.name === "AbortError") return;
    if (error.status === 401) askForToken();
    else tell(error.status ? error.message : "The server does not answer.", true);
  };

  const askForToken = () => {
    const isWrong = sessionStorage.getItem("token") !== null;
    tell(isWrong ? "The token is wrong." : "", isWrong);
    sessionStorage.removeItem("token");
    find("tool").hidden = true;
    find("login").hidden = false;
    find("token").focus();
  };

  // --- the text

  const showLength = () => {
    const n = Array.from(text.value).length;
    find("length").textContent =
      `${n.toLocaleString("en")} of ${info.max_length.toLocaleString("en")} characters`;
    return n;
  };

  const annotate = async () => {
    request?.abort();
    request = new AbortController();
    const { signal } = request;
    const asked = text.value;
    if (!asked.trim()) {
      tell("");
      drawn = null;
      show();
      return;
    }
    if (showLength() > info.max_length) {
      tell(`The text is too long: at most ${count(info.max_length, "character")}.`, true);
      return;
    }
    find("found").classList.add("is-old");
    tell("Finding spans …");
    try {
      const answer = await ask("draw", { text: asked }, signal);
      const { pipelines } = await answer.json();
      if (signal.aborted) return;
      drawn = { text: asked, views: pipelines.map(makeView) };
      tell("");
      show();
    } catch (error) {
      fail(error);
    }
  };

  let waiting = 0;
  const annotateSoon = () => {
    showLength();
    window.clearTimeout(waiting);
    waiting = window.setTimeout(annotate, WAIT);
  };

  // --- the spans

  const makeView = (result) => {
    const pipeline = info.pipelines.find(({ name }) => name === result.name);
    const parsed = new DOMParser().parseFromString(result.html, "text/html");
    const drawing = document.adoptNode(parsed.querySelector(".nested-ner"));
    drawing.lang = result.lang;
    const rows = make("tbody");
    const heads = ["Span", "Label", "Probability"].map((name, i) =>
      make("th", { scope: "col", className: i < 2 ? "name" : "", textContent: name }),
    );
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), rows);
    const folded = make("details", {}, make("summary", { textContent: "As a table" }), table);
    const view = { ...result, pipeline, drawing, rows, shown: [] };
    view.summary = make("p");
    view.note = make("p", { className: "note" });
    view.copied = make("span", { className: "copied", role: "status" });
    const buttons = Object.entries(FORMATS).map(([format, name]) => {
      const button = make("button", { type: "button", textContent: `Copy as ${name}` });
      button.addEventListener("click", () => copy(view, format));
      return button;
    });
    view.element = make(
      "section",
      { className: "document", ariaLabel: pipeline.name },
      make("header", {}, make("h2", { textContent: pipeline.name }), view.summary),
      drawing,
      view.note,
      folded,
      make("p", { className: "row" }, ...buttons, view.copied),
    );
    return view;
  };

  const show = () => {
    find("found").classList.remove("is-old");
    find("found").replaceChildren(...(drawn?.views ?? []).map(({ element }) => element));
    apply();
  };

  const apply = () => {
    const own = ownThresholds();
    const isOne = threshold !== null || own.size === 1;
    find("value").textContent = isOne ? (threshold ?? Array.from(own)[0]).toFixed(2) : "own";
    slider.ariaValueText = find("value").textContent;
    find("own").disabled = threshold === null;
    const counts = new Map();
    for (const view of drawn?.views ?? []) {
      const { pipeline } = view;
      view.shown = chooseSpans(view.spans, { threshold, off, pipeline });
      const keys = new Set(view.shown.map(({ start, end, label }) => `${start}:${end}:${label}`));
      redraw(view.drawing, (start, end, label) => keys.has(`${start}:${end}:${label}`));
      makeOneStop(view.drawing);
      view.summary.textContent = count(view.shown.length, "span");
      view.note.textContent = explain(view);
      view.note.hidden = !view.note.textContent;
      view.rows.replaceChildren(...view.shown.map(makeRow));
      for (const { label } of view.shown) counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    showToggles(counts);
  };

  const explain = ({ floor, is_cut: isCut, pipeline, spans }) => {
    if (floor === null)
      return spans.length ? "This pipeline returns only the spans above its own threshold." : "";
    const own = Math.min(...Object.values(pipeline.thresholds));
    if (!isCut || (threshold ?? own) >= floor) return "";
    return `Spans below ${floor.toFixed(2)} are left out: there are too many.`;
  };

  const makeRow = ({ text: words, label, score }) => {
    const characters = Array.from(words);
    const cut = characters.slice(0, LONGEST).join("") + (characters.length > LONGEST ? "…" : "");
    return make(
      "tr",
      {},
      make("th", { scope: "row", className: "name", textContent: cut }),
      make("td", { className: "name" }, ...breakable(label)),
      make("td", { textContent: score === null ? "–" : score.toFixed(4) }),
    );
  };

  // --- labels

  const toggles = new Map(); // label: { element, box, count }
  const makeToggles = () => {
    const labels = new Set(info.pipelines.flatMap((pipeline) => pipeline.labels));
    for (const label of Array.from(labels).sort()) {
      const box = make("input", { type: "checkbox", checked: true });
      box.addEventListener("change", () => {
        if (box.checked) off.delete(label);
        else off.add(label);
        apply();
      });
      const swatch = make("i");
      swatch.style.setProperty("--c", info.colors[label]);
      const number = make("span", { className: "count" });
      const element = make("label", {}, box, swatch, make("span", {}, ...breakable(label)), number);
      toggles.set(label, { element, box, number });
      find("toggles").append(element);
    }
  };
  const showToggles = (counts) => {
    for (const [label, { box, number }] of toggles) {
      box.checked = !off.has(label);
      number.textContent = counts.get(label) ?? "";
    }
  };
  const turnAll = (isOn) => {
    off.clear();
    if (!isOn) for (const label of toggles.keys()) off.add(label);
    apply();
  };

  // --- copies

  const copy = async (view, format) => {
    const spans = view.shown.map(({ start, end, label, score }) => ({ start, end, label, score }));
    const body = { text: drawn.text, spans, pipeline: view.name, format };
    try {
      const task = await (await ask("task", body)).text();
      try {
        await navigator.clipboard.writeText(task);
        view.copied.textContent = "Copied";
      } catch {
        // no right to the clipboard, or no https
        offer(task);
      }
    } catch (error) {
      fail(error);
    }
  };
  const offer = (task) => {
    const box = find("copy").querySelector("textarea");
    box.value = task;
    find("copy").showModal();
    box.select();
  };

  // --- start

  const begin = async () => {
    try {
      info = await (await ask("page.json")).json();
    } catch (error) {
      fail(error);
      return;
    }
    find("login").hidden = true;
    find("tool").hidden = false;
    tell("");
    const described = info.pipelines.map(({ title, description }) =>
      [title, description].filter(Boolean).join(": "),
    );
    for (const line of new Set(described))
      find("about").append(make("p", { className: "lead" }, ...breakable(line)));
    makeToggles();
    resetSlider();
    info.examples.forEach((example, i) => {
      const button = make("button", { type: "button", textContent: `Example ${i + 1}` });
      button.addEventListener("click", () => {
        text.value = example;
        showLength();
        annotate();
      });
      find("examples").append(button);
    });
    showLength();
    show();
    if (text.value) annotate(); // kept by the browser over a reload
  };
  const ownThresholds = () =>
    new Set(info.pipelines.flatMap(({ thresholds }) => Object.values(thresholds)));
  const resetSlider = () => {
    const own = Array.from(ownThresholds());
    const mean = own.reduce((a, b) => a + b, 0) / (own.length || 1);
    slider.value = Math.round(100 * (own.length ? mean : 0.5));
  };

  text.addEventListener("input", annotateSoon);
  slider.addEventListener("input", () => {
    threshold = Number(slider.value) / 100;
    apply();
  });
  find("own").addEventListener("click", () => {
    threshold = null;
    resetSlider();
    apply();
    slider.focus();
  });
  find("all").addEventListener("click", () => turnAll(true));
  find("none-of-them").addEventListener("click", () => turnAll(false));
  find("login").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", find("token").value);
    find("token").value = "";
    if (info) window.location.reload();
    else begin();
  });
  for (const form of [find("write"), find("settings")])
    form.addEventListener("submit", (event) => event.preventDefault());
  readToken();
  begin();
})();
