/* Results under a search field while someone types: plain links after the field, which Tab
   and the arrow keys reach and Esc closes. What everyone finds and a customer's own requests
   come by two questions, so that the first one's answer stays the same for all. */
(() => {
  const PAUSE = 300;
  const PATIENCE = 400;
  const SETTLED = 3000;
  const counted = new Set();
  let mayHaveOwn = true;

  const wordsOf = (field) => field.value.trim().replace(/\s+/g, " ");
  const isEnough = (words) => words.length > 1 || words > "\u2e80";
  const ask = async (address, words, options) => {
    const answer = await fetch(`${address}?q=${encodeURIComponent(words)}`, options);
    if (answer.status === 204) return null;
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html").body;
  };
  const askForOwn = async (address, words, signal) => {
    if (!mayHaveOwn) return null;
    const found = await ask(address, words, { signal, cache: "no-store" });
    mayHaveOwn = found !== null;
    return found;
  };
  const put = (place, found) => place.replaceChildren(...(found?.childNodes ?? []));
  const saysHowMany = (...places) =>
    places.map((place) => place.querySelector("[data-instant-words]")?.textContent.trim()).filter(Boolean).join(", ");

  /* Words that find nothing are counted once they are no longer being typed. */
  const countMissed = (place, words) => {
    const missed = place.querySelector("[data-missed]");
    if (!missed || counted.has(words)) return;
    counted.add(words);
    fetch(missed.dataset.missed, {
      method: "POST", body: new URLSearchParams({ q: words }), credentials: "omit", keepalive: true,
    }).catch(() => {});
  };

  /* The arrow keys walk from the field over the links and back. */
  const walk = (event, field, links) => {
    const at = links.indexOf(document.activeElement);
    const isInField = document.activeElement === field;
    if (!links.length || (at < 0 && !isInField)) return;
    const next = { ArrowDown: links[at + 1] ?? links.at(-1), ArrowUp: links[at - 1] ?? field,
      Home: links[0], End: links.at(-1) }[event.key];
    if (!next || (isInField && event.key !== "ArrowDown")) return;
    event.preventDefault();
    next.focus();
  };

  const attach = (form) => {
    const field = form.querySelector("input[type=search]");
    const panel = form.querySelector("[data-instant]");
    const found = panel.querySelector("[data-instant-found]");
    const own = panel.querySelector("[data-instant-own]");
    const foot = panel.querySelector("[data-instant-foot]");
    const count = form.querySelector("[data-instant-count]");
    let shown = "";
    let timer = 0;
    let settled = 0;
    let question = new AbortController();

    const note = (name) => {
      for (const one of panel.querySelectorAll("[data-instant-note]")) one.hidden = one.dataset.instantNote !== name;
      if (name) { put(found); put(own); put(foot); panel.hidden = false; }
    };
    const stop = () => {
      clearTimeout(timer);
      clearTimeout(settled);
      question.abort();
    };
    const close = () => { stop(); panel.hidden = true; count.textContent = ""; };
    const look = async () => {
      const words = wordsOf(field);
      question = new AbortController();
      const { signal } = question;
      const slow = setTimeout(() => { if (!signal.aborted) note("searching"); }, PATIENCE);
      const mine = askForOwn(form.dataset.own, words, signal).catch(() => null);
      try {
        const answer = await ask(form.dataset.suggestions, words, { signal, credentials: "omit" });
        clearTimeout(slow);
        note("");
        put(found, answer);
        put(own);
        foot.replaceChildren(...found.querySelectorAll(".instant__foot"));
        panel.hidden = false;
        shown = words;
      } catch (error) {
        clearTimeout(slow);
        if (error.name === "AbortError") return;
        shown = "";
        note("failed");
      }
      const tickets = await mine;
      if (signal.aborted) return;
      put(own, tickets);
      count.textContent = saysHowMany(found, own);
      settled = setTimeout(() => countMissed(found, words), SETTLED);
    };

    field.addEventListener("input", () => {
      stop();
      if (isEnough(wordsOf(field))) timer = setTimeout(look, PAUSE);
      else { close(); shown = ""; }
    });
    field.addEventListener("focus", () => { if (shown && shown === wordsOf(field)) panel.hidden = false; });
    form.addEventListener("keydown", (event) => {
      if (panel.hidden) return;
      if (event.key === "Escape") {
        event.preventDefault(); /* a search field would lose its text */
        event.stopPropagation();
        field.focus();
        close();
      } else walk(event, field, [...panel.querySelectorAll("a")]);
    });
    form.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !form.contains(event.relatedTarget)) close();
    });
    document.addEventListener("pointerdown", (event) => { if (!form.contains(event.target)) close(); });
    form.addEventListener("submit", stop);
    addEventListener("pagehide", () => { close(); put(own); shown = ""; });
  };

  /* The page of results swaps its list by itself; a customer's own requests come above it. */
  const attachPage = (page) => {
    const field = page.querySelector("input[type=search]");
    const own = page.querySelector("[data-own-results]");
    const results = () => page.querySelector("#results");
    let settled = 0;
    let question = new AbortController();

    const show = async (wait) => {
      const words = wordsOf(field);
      question.abort();
      question = new AbortController();
      const { signal } = question;
      clearTimeout(settled);
      settled = setTimeout(() => countMissed(results(), words), wait);
      const found = words && await askForOwn(own.dataset.ownResults, words, signal).catch(() => null);
      if (signal.aborted) return;
      put(own, found);
      own.hidden = !own.querySelector("a");
    };
    page.addEventListener("keydown", (event) => {
      const links = [...page.querySelectorAll("[data-own-results] a, #results .row a")];
      if (event.key === "Escape" && links.includes(document.activeElement)) field.focus();
      else walk(event, field, links);
    });
    document.addEventListener("htmx:afterSettle", (event) => {
      if (event.detail.elt.id === "results") show(SETTLED);
    });
    addEventListener("pagehide", () => { question.abort(); put(own); own.hidden = true; });
    addEventListener("pageshow", (event) => { if (event.persisted) show(SETTLED); });
    show(0);
  };

  /* A browser brings a page back as it was left: a customer may have signed out since. */
  addEventListener("pageshow", (event) => { if (event.persisted) mayHaveOwn = true; });

  for (const form of document.querySelectorAll("form[data-suggestions]")) attach(form);
  for (const page of document.querySelectorAll("[data-search-page]")) attachPage(page);
})();
