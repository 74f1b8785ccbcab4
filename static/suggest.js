/* While somebody writes, guides that may answer it appear beside the words, in a box that
   is there from the start: nothing moves. Asked after a pause, given up when overtaken. */
(() => {
  const box = document.querySelector("[data-answers]");
  const form = box?.closest("form");
  if (!form) return;
  const found = box.querySelector("[data-answers-found]");
  const empty = box.querySelector("[data-answers-empty]");
  const status = box.querySelector("[data-answers-status]");
  const SPACELESS = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
  let timer = 0;
  let call = null;
  let asked = "";

  const words = () => [...form.querySelectorAll("textarea")].map((field) => field.value.trim()).filter(Boolean).join(" ").slice(0, 400);
  const show = (html) => {
    found.innerHTML = "";
    const part = new DOMParser().parseFromString(html, "text/html");
    found.append(...[...part.body.childNodes].map((node) => document.importNode(node, true)));
    const count = found.querySelectorAll("li").length;
    empty.hidden = count > 0;
    status.textContent = found.querySelector("[data-answers-words]")?.textContent ?? "";
  };
  const look = async () => {
    const text = words();
    if (text === asked || text.length < (SPACELESS.test(text) ? 2 : 3)) return;
    asked = text;
    call?.abort();
    call = new AbortController();
    try {
      const answer = await fetch(box.dataset.answersAt, { method: "POST", body: new URLSearchParams({ q: text }), signal: call.signal });
      if (answer.ok) show(answer.status === 200 ? await answer.text() : "");
    } catch { /* overtaken, or offline: the form is what matters */ }
  };
  form.addEventListener("input", (event) => {
    if (!event.target.matches("textarea")) return;
    clearTimeout(timer);
    timer = setTimeout(look, 500);
  });
})();
