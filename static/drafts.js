/* What is being written stays on this device until it is sent: through a closed tab, a
   session that ended, a crash. Passwords and files' contents never do; a file that went
   up is known by the token that its form carries. */
(() => {
  const DAYS = 7;
  const PREFIX = "draft:";
  const storage = (() => {
    try { localStorage.setItem("draft?", ""); localStorage.removeItem("draft?"); return localStorage; }
    catch { return null; }
  })();
  if (!storage) return;

  const read = (name) => {
    try { return JSON.parse(storage.getItem(PREFIX + name)); } catch { return null; }
  };
  const until = (draft) => new Date(draft.at + DAYS * 86400000);
  const drop = (name) => storage.removeItem(PREFIX + name);
  const words = (date, options) => new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB") || undefined, options).format(date);

  /* Old drafts go, whoever left them; a page that says a form was sent ends its draft. */
  for (const key of Object.keys(storage)) {
    if (!key.startsWith(PREFIX)) continue;
    const draft = read(key.slice(PREFIX.length));
    if (!draft || until(draft) < new Date()) storage.removeItem(key);
  }
  for (const sent of document.querySelectorAll("[data-draft-sent]")) {
    const name = sent.dataset.draftSent;
    if (read(name)?.fields.key?.[0] !== sent.dataset.draftKey) continue;
    drop(name);
    /* Seen again later, this address must not end the next draft. */
    if (!sent.dataset.draftKey) history.replaceState(null, "", location.pathname + location.hash);
  }

  const skipped = new Set(["asked", "customer_id", "_remove", "_choose"]);
  const fields = (form) => {
    const found = {};
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string" || skipped.has(name)) continue;
      if (form.elements[name]?.type === "password") continue;
      (found[name] ??= []).push(value);
    }
    return found;
  };
  const typed = (form) => [...form.elements].some((control) =>
    (control.matches("textarea, input:not([type=hidden]):not([type=radio]):not([type=checkbox]):not([type=file])")
      && control.value.trim() && control.value !== control.defaultValue)
    || control.name === "waiting");

  /* `done` are the fields that have their words already: what was written since stays. */
  const fill = (form, values, done) => {
    for (const [name, all] of Object.entries(values)) {
      if (name === "waiting") continue;
      /* A control may stand beside its form, as a reply's key does. */
      for (const control of form.elements) {
        if (control.name !== name || done.has(control)) continue;
        done.add(control);
        if (control.type === "radio" || control.type === "checkbox") {
          const wanted = all.includes(control.value);
          if (control.checked !== wanted) {
            control.checked = wanted;
            if (wanted) control.dispatchEvent(new Event("change", { bubbles: true }));
          }
        } else if (control.type !== "file" && control.value !== all[0]) {
          const written = control.matches("textarea") && control.value.trim();
          control.value = written ? `${all[0]}\n\n${control.value}` : all[0];
          if (control.tagName === "SELECT") control.dispatchEvent(new Event("change", { bubbles: true }));
        }
      }
    }
  };
  const bringFiles = async (form, { waiting: tokens, key }) => {
    const place = form.querySelector(".drop[data-waiting]");
    if (!place || !tokens?.length) return;
    const body = new URLSearchParams(tokens.map((token) => ["waiting", token]));
    body.append("key", key?.[0] ?? "");
    const answer = await fetch(place.dataset.waiting, { method: "POST", body });
    if (!answer.ok) return;
    const list = place.parentElement.querySelector(".files");
    const lines = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
    for (const item of lines.querySelectorAll(".file")) list.append(document.importNode(item, true));
    list.hidden = !list.children.length;
  };

  for (const form of document.querySelectorAll("form[data-draft]")) {
    const name = form.dataset.draft;
    const saved = form.querySelector("[data-draft-saved]");
    const offer = form.querySelector("[data-draft-offer]");
    let timer = 0;
    let off = false;
    let offered = false;
    /* What the browser put back by itself may have been sent since: no draft of that. */
    let written = false;

    const keep = () => {
      clearTimeout(timer);
      if (off || offered || !written || !typed(form)) return;
      const draft = { at: Date.now(), fields: fields(form) };
      try { storage.setItem(PREFIX + name, JSON.stringify(draft)); } catch { return; }
      if (!saved) return;
      const text = saved.dataset.draftSaved
        .replace("{time}", words(draft.at, { hour: "2-digit", minute: "2-digit" }))
        .replace("{until}", words(until(draft), { day: "numeric", month: "long" }));
      saved.querySelector("[data-draft-words]").textContent = text;
      saved.hidden = false;
    };
    const soon = () => { written = true; clearTimeout(timer); timer = setTimeout(keep, 1000); };

    const draft = read(name);
    const is_shown_again = form.querySelector("[aria-invalid=true], .errors") || document.getElementById("errors");
    if (draft && offer && !is_shown_again) {
      offered = true;
      offer.querySelector("[data-draft-words]").textContent = offer.dataset.draftOffer
        .replace("{time}", words(draft.at, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" }))
        .replace("{until}", words(until(draft), { day: "numeric", month: "long" }));
      offer.hidden = false;
      offer.querySelector("[data-draft-restore]").addEventListener("click", () => {
        /* Questions follow the topic, and levels of an answer one another. */
        const done = new WeakSet();
        const settled = () => fill(form, draft.fields, done);
        document.addEventListener("htmx:afterSettle", settled);
        settled();
        bringFiles(form, draft.fields);
        offer.hidden = true;
        offered = false;
        form.querySelector("textarea")?.focus();
        setTimeout(() => document.removeEventListener("htmx:afterSettle", settled), 10000);
        soon();
      });
    }
    for (const button of form.querySelectorAll("[data-draft-discard]")) {
      button.addEventListener("click", () => {
        drop(name);
        off = !offered;
        offered = false;
        for (const part of [saved, offer]) if (part) part.hidden = true;
        form.querySelector("textarea")?.focus();
      });
    }
    /* Whoever writes on leaves the offer open: restoring puts the old words before. */
    form.addEventListener("input", () => { offered = false; soon(); });
    form.addEventListener("change", soon);
    form.addEventListener("portal:files", soon);
    addEventListener("pagehide", keep);
    addEventListener("pageshow", (event) => { if (event.persisted) written = false; });
    document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
  }
})();
