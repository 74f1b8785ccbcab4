/* Times in the reader's own zone: "5 minutes ago" within a day, then the date and time;
   the whole time stands in the title. Without this script they stand in UTC. */
(() => {
  /* Plain English is the day before the month, on a clock of 24 hours, as the server
     writes it. */
  const language = document.documentElement.lang.replace(/^en$/, "en-GB") || undefined;
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const exact = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const whole = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });

  const inFull = (at) => exact.format(at).replace(" at ", ", ");
  const say = (at) => {
    const minutes = Math.round((Date.now() - at) / 60000);
    if (minutes < 0 || minutes >= 24 * 60) return inFull(at);
    return minutes < 60 ? relative.format(-minutes, "minute") : relative.format(-Math.round(minutes / 60), "hour");
  };
  const show = (root) => {
    for (const time of root.querySelectorAll("time[datetime*=T]")) {
      const at = new Date(time.getAttribute("datetime"));
      if (Number.isNaN(at.valueOf())) continue;
      const words = time.matches("[data-exact]") ? inFull(at) : say(at);
      if (time.textContent !== words) time.textContent = words;
      time.title = whole.format(at);
    }
  };
  show(document);
  document.addEventListener("htmx:afterSettle", (event) => show(event.detail.elt));
  document.addEventListener("portal:news", () => show(document));
  setInterval(() => { if (!document.hidden) show(document); }, 60000);
})();
