/* Files go up one by one while the form is still being written: with progress, by
   choosing, dropping or pasting. Each succeeds or fails by itself; a form that is sent
   meanwhile waits for the last of them. Without this script the form brings its files. */
(() => {
  const busy = new WeakMap();

  const parts = (drop) => {
    const form = drop.closest("form");
    const field = drop.parentElement;
    return {
      form,
      input: drop.querySelector("input[type=file]"),
      list: field.querySelector(".files"),
      say: (words, name) => {
        const status = field.querySelector("[data-upload-status]");
        if (status) status.textContent = words.replace("{name}", name);
      },
    };
  };
  const line = (drop, kind, name, note) => {
    const item = drop.querySelector(`[data-upload-${kind}]`).content.firstElementChild.cloneNode(true);
    item.querySelector("bdi").textContent = name;
    item.querySelector(".file__note").textContent = note;
    item.querySelector("button").setAttribute("aria-label", drop.dataset.remove.replace("{name}", name));
    item.querySelector("progress")?.setAttribute("aria-label", drop.dataset.uploading.replace("{name}", name));
    return item;
  };
  const count = (list) => list.querySelectorAll(".file:not(.file--bad)").length;
  const changed = (form) => form.dispatchEvent(new CustomEvent("portal:files", { bubbles: true }));

  const refuse = (drop, name, words) => {
    const { list, say } = parts(drop);
    list.hidden = false;
    list.append(line(drop, "bad", name, words.replace("{name}", name)));
    say(words, name);
  };

  const send = (drop, file) => {
    const { form, list, say } = parts(drop);
    const item = line(drop, "line", file.name, "");
    const bar = item.querySelector("progress");
    list.hidden = false;
    list.append(item);
    busy.set(form, (busy.get(form) ?? 0) + 1);
    say(drop.dataset.uploading, file.name);

    const call = new XMLHttpRequest();
    item.portalCall = call;
    const done = (replacement) => {
      if (item.isConnected) item.replaceWith(replacement ?? "");
      list.hidden = !list.children.length;
      const left = busy.get(form) - 1;
      busy.set(form, left);
      changed(form);
      if (!left && form.dataset.waits) {
        delete form.dataset.waits;
        form.requestSubmit();
      }
    };
    const stopped = () => {
      const bad = line(drop, "bad", file.name, drop.dataset.stopped);
      const again = document.createElement("button");
      again.type = "button";
      again.className = "btn btn--secondary btn--s";
      again.textContent = drop.dataset.again;
      again.addEventListener("click", () => { bad.remove(); send(drop, file); });
      bad.querySelector(".file__note").append(" ", again);
      delete form.dataset.waits;
      say(drop.dataset.stopped, file.name);
      done(bad);
    };
    call.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = Math.round((event.loaded / event.total) * 100);
    });
    call.addEventListener("load", () => {
      if (call.status !== 200 && call.status !== 422) { stopped(); return; }
      const answer = new DOMParser().parseFromString(call.responseText, "text/html");
      const made = answer.querySelector(".file");
      if (!made) { stopped(); return; }
      if (call.status === 200) say(drop.dataset.uploaded, file.name);
      else {
        delete form.dataset.waits;
        say(made.querySelector(".file__note").textContent, file.name);
      }
      done(document.importNode(made, true));
    });
    call.addEventListener("error", stopped);
    call.addEventListener("timeout", stopped);
    call.addEventListener("abort", () => done());
    const body = new FormData();
    body.append("attached", file, file.name);
    call.open("POST", drop.dataset.upload);
    call.send(body);
  };

  const take = (drop, files) => {
    const { list } = parts(drop);
    for (const file of files) {
      if (file.size > Number(drop.dataset.mostBytes)) refuse(drop, file.name, drop.dataset.tooBig);
      else if (count(list) >= Number(drop.dataset.most)) refuse(drop, file.name, drop.dataset.tooMany);
      else send(drop, file);
    }
  };
  const dropOf = (event) =>
    event.target instanceof Element
      ? event.target.closest("form")?.querySelector(".drop[data-upload]") : null;

  document.addEventListener("change", (event) => {
    const drop = event.target.closest?.(".drop[data-upload]");
    if (!drop || event.target.type !== "file") return;
    take(drop, [...event.target.files]);
    event.target.value = "";
  });
  for (const type of ["dragenter", "dragover"]) {
    document.addEventListener(type, (event) => {
      const drop = dropOf(event);
      if (!drop || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.add("drop--over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    const drop = dropOf(event);
    if (drop && !drop.closest("form").contains(event.relatedTarget)) drop.classList.remove("drop--over");
  });
  document.addEventListener("drop", (event) => {
    const drop = dropOf(event);
    if (!drop || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    drop.classList.remove("drop--over");
    take(drop, [...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    const drop = dropOf(event);
    const files = [...(event.clipboardData?.files ?? [])];
    if (!drop || !files.length) return;
    event.preventDefault();
    take(drop, files);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-remove-file]");
    const drop = button?.closest("form")?.querySelector(".drop[data-upload]");
    if (!drop) return;
    event.preventDefault();
    const { form, list, input, say } = parts(drop);
    const item = button.closest(".file");
    say(drop.dataset.removed, item.querySelector("bdi").textContent);
    if (item.portalCall && item.portalCall.readyState < 4) item.portalCall.abort();
    item.remove();
    list.hidden = !list.children.length;
    input.focus();
    changed(form);
  });

  /* Before the guard against double sending sees it: this press comes back by itself. */
  addEventListener("submit", (event) => {
    if (!busy.get(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    event.target.dataset.waits = "1";
  }, true);
})();
