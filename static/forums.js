/* What a device knows of the community by itself: which topics have something new since
   they were read here, and the words to quote. Nothing of it leaves the device. */
(() => {
  const KEY = "topics-read";
  const MOST = 500;
  const read = () => { try { return JSON.parse(localStorage.getItem(KEY)) ?? {}; } catch { return {}; } };

  const seen = document.querySelector("[data-topic-seen]");
  if (seen) {
    const known = read();
    delete known[seen.dataset.topicSeen];
    known[seen.dataset.topicSeen] = Number(seen.dataset.posts);
    try { localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(Object.entries(known).slice(-MOST)))); }
    catch { /* storage is off: every visit is the first one */ }
  }
  const known = read();
  for (const row of document.querySelectorAll("[data-topic]")) {
    const before = known[row.dataset.topic];
    const count = Number(row.dataset.posts);
    if (before === undefined || count <= before) continue;
    row.classList.add("row--unread");
    const mark = row.querySelector("[data-unread]");
    mark.textContent = mark.dataset.unread.replace("{count}", count - before);
    mark.hidden = false;
  }

  /* Quoting adds to what is being written instead of replacing the page. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-quote]");
    const field = document.querySelector("#reply textarea");
    if (!link || !field) return;
    event.preventDefault();
    const words = link.closest("article").querySelector(".prose").innerText.trim();
    const quote = `${link.dataset.quote}\n${words.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n`;
    field.value = field.value.trim() ? `${field.value.trimEnd()}\n\n${quote}` : quote;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
})();
