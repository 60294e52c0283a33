// Draws every figure of the page. Specifications are data: expressions are interpreted, not evaluated.
(function () {
  "use strict";
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const options = {
    actions: false, renderer: "svg", mode: "vega-lite", ast: true, defaultStyle: false,
    tooltip: { disableDefaultStyle: true }
  };
  const drawn = Object.entries(figures).map(([name, spec]) =>
    vegaEmbed(document.getElementById(name), spec, options).catch(() => {
      document.getElementById(name).replaceChildren("This figure could not be drawn; its table is below.");
      document.getElementById(name).classList.add("undrawn");
    }));
  Promise.all(drawn).then(() => document.documentElement.setAttribute("data-drawn", ""));

  // On paper every table is open; afterwards those that were folded are folded again.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open]):not(.card)")];
    opened.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => { opened.forEach((one) => { one.open = false; }); });

  // A link to a part inside the page works without one being loaded.
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target) { target.setAttribute("tabindex", "-1"); target.focus({ preventScroll: true }); }
  });
})();
