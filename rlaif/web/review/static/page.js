// The size of the text, the help, and what is told when the server does not answer.
"use strict";

(function () {
  const kept = {
    get(name) { try { return localStorage.getItem(name); } catch { return null; } },
    set(name, value) { try { localStorage.setItem(name, value); } catch { /* a browser that keeps nothing */ } },
  };
  const root = document.documentElement;
  const SIZES = 5;

  function resize(step) {
    const size = Math.min(SIZES - 1, Math.max(0, Number(root.dataset.size ?? 1) + step));
    root.dataset.size = size;
    kept.set("rlaif-size", size);
  }

  root.dataset.size = kept.get("rlaif-size") ?? 1;
  for (const sizes of document.querySelectorAll(".sizes")) sizes.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-size]");
    if (button && button !== root) resize(Number(button.dataset.size));
  });

  const help = document.getElementById("help");
  const opener = document.getElementById("help-opener");
  if (help && opener) {
    opener.hidden = false;
    opener.addEventListener("click", () => help.showModal());
    const on = document.getElementById("keys-on");
    on.checked = kept.get("rlaif-keys") !== "off";
    on.addEventListener("change", () => kept.set("rlaif-keys", on.checked ? "on" : "off"));
  }

  function untold() {
    const place = document.getElementById("trouble");
    const line = document.createElement("p");
    line.className = "wrong";
    line.textContent = "Not saved: the server does not answer. What you typed is kept in this browser; "
      + "when the server is there again, do it once more.";
    if (place) place.replaceChildren(line);
  }
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.requestConfig?.verb !== "get") untold();
    });
  }

  // Answers given in quick succession may come back in another order: the newest state stays.
  let newest = 0;
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const revision = Number(event.detail.fragment.dataset?.revision ?? newest);
    if (revision < newest) event.detail.shouldSwap = false;
    newest = Math.max(newest, revision);
  });

  const first = location.hash && document.getElementById(location.hash.slice(1));
  const wrong = document.querySelector("#problems, .stale");
  if (wrong) wrong.scrollIntoView({ block: "center" });
  else if (first && first.matches("[tabindex], input")) first.focus();
})();
