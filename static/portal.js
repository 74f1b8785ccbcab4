/* What scripts add to pages that work without them. One file, event delegation, no
   globals. Behaviours are named by data attributes in the templates. */
(() => {
  const on = (type, selector, react) =>
    document.addEventListener(type, (event) => {
      const element = event.target instanceof Element && event.target.closest(selector);
      if (element) react(element, event);
    });
  const say = (selector, words) => {
    const status = selector && document.querySelector(selector);
    if (status) status.textContent = words;
  };

  /* A refused form: read the summary first. */
  const focusErrors = () => {
    const summary = document.getElementById("errors");
    if (summary) summary.focus();
  };
  focusErrors();
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.querySelector?.("#errors")) focusErrors();
    const title = event.detail.elt.querySelector?.("[data-title]");
    if (title) document.title = title.dataset.title;
  });
  on("click", ".errors a[href^='#']", (link, event) => {
    const field = document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    (field.closest(".field") ?? field).scrollIntoView({ block: "start" });
    const control = field.matches("input, select, textarea, button")
      ? field : field.querySelector("input, select, textarea, button") ?? field;
    control.focus({ preventScroll: true });
  });

  /* Copy an access key. */
  on("click", "[data-copy]", async (button) => {
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      say(button.dataset.copyStatus, button.dataset.copied ?? "");
    } catch {
      getSelection().selectAllChildren(source);
    }
  });

  on("click", "[data-print]", () => print());

  /* Show a password while typing it. */
  on("click", "[data-show-password]", (button) => {
    const input = document.querySelector(button.dataset.showPassword);
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
  });

  /* "/" goes to the search field, but never while typing. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const field = [...document.querySelectorAll("[role=search] input[type=search]")]
      .find((input) => input.offsetParent !== null);
    if (!field) return;
    event.preventDefault();
    field.focus();
  });

  /* The theme chosen on this device. */
  const themeSelect = document.querySelector("[data-theme-select]");
  if (themeSelect) {
    themeSelect.value = document.documentElement.dataset.theme ?? "";
    themeSelect.addEventListener("change", () => {
      const theme = themeSelect.value;
      try {
        if (theme) localStorage.setItem("theme", theme);
        else localStorage.removeItem("theme");
      } catch { /* storage is off: it counts for this page alone */ }
      if (theme) document.documentElement.dataset.theme = theme;
      else delete document.documentElement.dataset.theme;
    });
  }

  /* A swap that failed: say so beside the control that asked, keep what was typed. */
  const failed = (event) => {
    const target = event.detail.elt;
    const status = target.closest("form, main")?.querySelector("[data-failed]");
    if (status) status.hidden = false;
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    const status = event.detail.elt.closest("form, main")?.querySelector("[data-failed]");
    if (status) status.hidden = true;
  });
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);

  /* What asks by itself must not keep a visit alive that was left alone for half an hour. */
  let touchedAt = Date.now();
  for (const type of ["pointerdown", "keydown", "scroll", "focus"]) {
    addEventListener(type, () => { touchedAt = Date.now(); }, { passive: true });
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    const isLeftAlone = Date.now() - touchedAt > 30 * 60000;
    if (isLeftAlone && event.detail.elt.matches("[hx-trigger^=every]")) event.preventDefault();
  });

  /* One press sends once. The button stays readable and comes back with the page. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sending) { event.preventDefault(); return; }
    form.dataset.sending = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    delete event.detail.elt.dataset?.sending;
  });
})();
