/* An open request looks for answers by itself: every minute while it is looked at, less
   often when nothing happens, not at all when hidden or left alone. What is new is added
   below and told politely; nothing that is being read or written moves. */
(() => {
  const page = document.querySelector("[data-updates]");
  if (!page) return;
  const status = document.querySelector("[data-updates-status]");
  const thread = page.querySelector(".thread");
  const MINUTE = 60000;
  /* Longer than the server takes: who does not answer by then is not there. */
  const PATIENCE = 45000;
  let etag = page.dataset.updatesEtag;
  let quietSince = Date.now();
  let touchedAt = Date.now();
  let lookedAt = Date.now();
  let timer = 0;

  const pause = () => (Date.now() - quietSince > 10 * MINUTE ? 5 * MINUTE : MINUTE);
  const later = (wait = pause()) => {
    clearTimeout(timer);
    /* Left alone for half an hour, it must not keep a visit alive. */
    if (!document.hidden && Date.now() - touchedAt < 30 * MINUTE) timer = setTimeout(look, wait);
  };
  const take = (html) => {
    const part = new DOMParser().parseFromString(html, "text/html");
    const fresh = [...part.querySelectorAll(".thread > li")].filter((item) => !document.getElementById(item.id));
    for (const item of fresh) thread.append(document.importNode(item, true));
    for (const changed of part.querySelectorAll("[data-updates-replace]")) {
      document.getElementById(changed.id)?.replaceWith(document.importNode(changed, true));
    }
    if (fresh.length) {
      status.textContent = part.querySelector("[data-updates-words]")?.textContent ?? "";
      quietSince = Date.now();
      document.dispatchEvent(new CustomEvent("portal:news"));
    }
  };
  const look = async () => {
    lookedAt = Date.now();
    const call = new AbortController();
    const limit = setTimeout(() => call.abort(), PATIENCE);
    const last = thread.querySelector("li.msg:last-of-type")?.id ?? "";
    try {
      const answer = await fetch(`${page.dataset.updates}?after=${last.replace("note-", "")}`, {
        headers: { "If-None-Match": etag }, redirect: "error", cache: "no-store", signal: call.signal,
      });
      if (answer.status === 200) {
        etag = answer.headers.get("ETag");
        take(await answer.text());
      } else if (answer.status !== 304 && answer.status < 500) return;
    } catch { /* offline, or the visit is over: the link still works */ } finally { clearTimeout(limit); }
    later();
  };
  for (const type of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(type, () => {
      const wasAway = Date.now() - touchedAt > 30 * MINUTE;
      touchedAt = Date.now();
      if (wasAway) later(0);
    }, { passive: true });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { clearTimeout(timer); return; }
    touchedAt = Date.now();
    later(Date.now() - lookedAt > MINUTE ? 0 : pause());
  });
  page.addEventListener("portal:look", look);
  later();
})();
