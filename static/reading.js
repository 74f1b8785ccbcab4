/* Reading guides: links to headings copy themselves, the list of contents follows the eye,
   and a book remembers on this device alone where its reader left off. */
(() => {
  const DAYS = 90;
  const LONG_FROM = 3;
  const MOST_BOOKS = 50;
  const keyOf = (book) => `reading:${book}`;

  const recall = (book) => {
    try {
      const place = JSON.parse(localStorage.getItem(keyOf(book)) ?? "null");
      return place && Date.now() - place.at < DAYS * 86400000 ? place : null;
    } catch { return null; }
  };
  const forgetOldest = () => {
    const kept = Object.keys(localStorage).filter((key) => key.startsWith("reading:"));
    if (kept.length <= MOST_BOOKS) return;
    const at = (key) => recall(key.slice("reading:".length))?.at ?? 0;
    localStorage.removeItem(kept.sort((one, other) => at(one) - at(other))[0]);
  };
  const remember = (book, page, section) => {
    try {
      localStorage.setItem(keyOf(book), JSON.stringify({ page, section, at: Date.now() }));
      forgetOldest();
    } catch { /* storage is off: nothing is remembered */ }
  };

  /* A link to a heading still leads there; it is copied on the way. */
  document.addEventListener("click", async (event) => {
    const anchor = event.target.closest?.(".prose a.anchor");
    const status = document.querySelector("[data-anchor-status]");
    if (!anchor || !status) return;
    try {
      await navigator.clipboard.writeText(anchor.href);
    } catch { return; }
    status.textContent = status.dataset.words;
    setTimeout(() => { status.textContent = ""; }, 4000);
  });

  const article = document.querySelector("[data-reading-page]");
  if (article) {
    const { readingBook: book, readingPage: page } = article.dataset;
    const headings = [...article.querySelectorAll(".prose :is(h2, h3)[id]")];
    const links = [...document.querySelectorAll(".toc nav a")];
    let section = null;
    let waiting = 0;

    const look = () => {
      waiting = 0;
      const line = innerHeight / 3;
      const passed = headings.filter((heading) => heading.getBoundingClientRect().top < line);
      const now = scrollY > 0 ? passed.at(-1)?.id ?? "" : "";
      if (now === section) return;
      section = now;
      for (const link of links) {
        if (now && link.hash === `#${now}`) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
      remember(book, page, section);
    };
    addEventListener("scroll", () => { waiting ||= setTimeout(look, 200); }, { passive: true });
    addEventListener("pagehide", look);
    look();
  }

  const offer = document.querySelector("[data-reading-continue]");
  if (offer) {
    const book = offer.dataset.readingContinue;
    const place = recall(book);
    const pages = [...document.querySelectorAll("a[data-page]")];
    const page = pages.find((link) => link.dataset.page === place?.page);
    if (page && pages.length >= LONG_FROM) {
      const link = offer.querySelector("[data-reading-link]");
      link.href = page.getAttribute("href") + (place.section ? `#${place.section}` : "");
      link.textContent = page.querySelector("bdi").textContent;
      offer.hidden = false;
    }
    offer.querySelector("[data-reading-forget]").addEventListener("click", () => {
      localStorage.removeItem(keyOf(book));
      offer.hidden = true;
      document.getElementById("main").focus();
    });
  }
})();
