// Every key does what some link, button or field of the page does: nothing here is only for keys.
"use strict";

(function () {
  const TYPED = "input:not([type=checkbox]), textarea, select, [contenteditable]";
  let current = -1;

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  // A key must never do something to what cannot be seen.
  const seen = (one) => !one.checkVisibility || one.checkVisibility();
  const cards = () => all(".card:not(.plain)").filter(seen);
  // Among disputes nothing is at hand until it is chosen, and while it is out of sight.
  const settling = document.querySelector(".dispute") !== null;
  const places = () => (cards().length ? cards() : all(".rows .row a"));

  function at() {
    const found = places();
    const here = found.findIndex((one) => one.contains(document.activeElement));
    if (here >= 0) return here;
    if (current >= 0 && current < found.length) return current;
    return -1;
  }

  function firstOpen() {
    const open = cards().findIndex((card) => !card.querySelector(".answered"));
    return open < 0 ? 0 : open;
  }

  function mark(place) {
    current = place;
    cards().forEach((card, number) => card.classList.toggle("current", number === place));
  }

  function go(place) {
    const one = places()[place];
    if (!one) return;
    mark(place);
    one.focus({ preventScroll: true });
    one.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  function step(by) {
    const here = at();
    const next = here < 0 ? (cards().length ? firstOpen() : 0) : here + by;
    if (next >= 0 && next < places().length) go(next);
    else if (next >= places().length) onward(here);
    else leave('a[rel="prev"]');
  }

  // Past the last criterion: to the link that goes on, and from there on.
  function onward() { leave("#following, .rows a[rel=next], main > .turning a[rel=next]"); }

  function leave(selector) {
    const link = document.querySelector(selector);
    if (link) link.click();
  }

  function inCard(selector) {
    const here = at() < 0 && !settling ? firstOpen() : at();
    const card = cards()[here];
    if (card && settling && !isInView(card)) { go(here); return null; }
    return card && card.querySelector(selector);
  }

  function isInView(one) {
    const { top, bottom } = one.getBoundingClientRect();
    return bottom > 0 && top < window.innerHeight;
  }

  function open(summary) {
    if (!summary) return;
    const details = summary.parentElement;
    details.open = true;
    const field = details.querySelector("textarea:not([hidden])");
    if (field) { field.focus(); field.setSelectionRange(field.value.length, field.value.length); }
  }

  const DO = {
    j: () => step(1),
    k: () => step(-1),
    u: () => document.getElementById("undo")?.requestSubmit(),
    e: () => open(document.querySelector('[data-key="e"]')),
    c: () => {
      const summary = inCard('[data-key="c"]');
      if (summary) open(summary);
      else inCard("textarea:not([hidden])")?.focus();
    },
    q: () => { location.href = "/"; },
    "/": () => {
      const words = document.getElementById("words");
      if (words) words.focus(); else location.href = "/#words";
    },
    "?": () => document.getElementById("help")?.showModal(),
  };

  function press(key) {
    if (DO[key]) { DO[key](); return true; }
    const inside = /^[0-9x]$/.test(key);
    const one = inside ? inCard(`button[data-key="${key}"]`) : document.querySelector(`a[data-key="${CSS.escape(key)}"]`);
    if (one) one.click();
    return Boolean(one);
  }

  function whileTyping(event, field) {
    if (event.key === "Escape") {
      const card = field.closest(".card:not(.plain)");
      field.blur();
      if (card) go(cards().indexOf(card)); else document.getElementById("main")?.focus({ preventScroll: true });
      event.preventDefault();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      field.form?.querySelector("[data-save]")?.click();
      event.preventDefault();
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.getElementById("help")?.open) return;
    const field = event.target.closest?.(TYPED);
    if (field) { whileTyping(event, field); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const on = document.getElementById("keys-on")?.checked;
    if ((on || event.key === "?") && press(event.key)) event.preventDefault();
  });

  document.addEventListener("focusin", (event) => {
    const here = cards().findIndex((card) => card.contains(event.target));
    if (here >= 0) mark(here);
  });

  // After an answer the next criterion is at hand; after a comment, its own.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    const here = cards().indexOf(form);
    if (here < 0) return;
    const answer = event.detail.requestConfig.formData?.get("answer");
    if (!answer || answer === "none") go(here);
    else if (here + 1 < cards().length) go(here + 1);
    else { mark(here); (document.getElementById("onward") ?? form).focus(); }
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      const place = cards().indexOf(event.detail.elt);
      if (place >= 0) go(place);
    });
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "rewrite") event.detail.target.querySelector("summary")?.focus();
  });

  if (cards().length && !settling && !location.hash) mark(firstOpen());
})();
