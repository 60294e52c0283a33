// What is typed and not yet saved is kept in this browser, and put back when the page is opened again.
"use strict";

(function () {
  // Whose, and of which review: servers of other reviews may have stood at this address before.
  const review = document.querySelector('meta[name="rlaif-review"]')?.content;
  const annotator = document.body.dataset.annotator;
  if (!review || annotator === undefined) return;
  const named = (draft) => `rlaif-draft:${JSON.stringify([review, annotator, draft])}`;
  const name = (field) => named(field.dataset.draft);
  const sent = new WeakMap();

  function fields(root) { return root.querySelectorAll("textarea[data-draft]"); }

  function look(field, kept) {
    const hint = field.parentElement.querySelector(".draft");
    if (hint) hint.hidden = kept === null || kept === field.defaultValue;
  }

  function restore(root) {
    for (const field of fields(root)) {
      const kept = localStorage.getItem(name(field));
      if (kept !== null && kept !== field.value) {
        field.value = kept;
        for (let at = field.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
      }
      look(field, kept);
    }
  }

  // A draft of a rubric belongs to the text that it started from; once that is saved it is over.
  function prune() {
    for (const field of fields(document)) {
      const draft = field.dataset.draft;
      if (!draft.startsWith("rubric/")) continue;
      const mine = name(field);
      const group = named(draft.slice(0, draft.lastIndexOf("/") + 1)).slice(0, -2); // without its "]
      for (const other of Object.keys(localStorage)) {
        if (other.startsWith(group) && other !== mine) localStorage.removeItem(other);
      }
    }
  }

  function remember(field) {
    const text = field.value;
    try {
      if (text === field.defaultValue) localStorage.removeItem(name(field));
      else localStorage.setItem(name(field), text);
    } catch { /* no room: the hint still says that it is not saved */ }
    look(field, text);
  }

  try { localStorage.getItem(named("")); } catch { return; } // a browser that keeps nothing
  prune();
  restore(document);

  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-draft]")) remember(event.target);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (form.tagName === "FORM") sent.set(form, [...fields(form)].map((field) => [name(field), field.value]));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig.elt;
    if (form.tagName !== "FORM" || event.detail.xhr.status !== 200) return;
    for (const [key, text] of sent.get(form) ?? []) {
      if (localStorage.getItem(key) === text) localStorage.removeItem(key);
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    restore(event.detail.target);
  });
})();
