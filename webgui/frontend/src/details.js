// Full Job Details: every attribute of the ClassAd, searchable, with what its number means.
import { h, later, replace } from "./dom.js";

export function details(pane) {
  const search = h("input", {
    type: "search",
    placeholder: "Search attributes and values",
    "aria-label": "Search attributes and values",
    autocomplete: "off",
    spellcheck: "false",
  });
  const count = h("span", { class: "muted", role: "status" });
  const body = h("tbody");
  const element = h(
    "div",
    {},
    h("div", { class: "line" }, search, count),
    h(
      "div",
      { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "ClassAd" },
      h(
        "table",
        { class: "grid small ad" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Fields", "Value", "Meaning"].map((one) => h("th", { scope: "col" }, one)),
          ),
        ),
        body,
      ),
    ),
  );
  let seen = "";
  const show = (force) => {
    const ad = pane.execution?.classad ?? {};
    const now = JSON.stringify(ad);
    if (!force && now === seen) return;
    seen = now;
    const readable = pane.execution?.readable ?? {};
    const wanted = search.value.trim().toLowerCase();
    const rows = Object.entries(ad)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, value]) => [name, written(value), readable[name] ?? ""])
      .filter((row) => !wanted || row.some((text) => text.toLowerCase().includes(wanted)));
    count.textContent = pane.execution ? `${rows.length} of ${Object.keys(ad).length} attributes` : "Choose a step: a run has no ClassAd of its own.";
    replace(
      body,
      rows.map(([name, value, words]) =>
        h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "mono value" }, value), h("td", { class: "muted" }, words)),
      ),
    );
  };
  search.addEventListener(
    "input",
    later(() => show(true), 120),
  );
  return { element, update: () => show(false) };
}

// Expressions come as /Expr(text)/: HTCondor's JSON form.
function written(value) {
  if (value === null) return "undefined";
  if (typeof value === "string") return value.match(/^\/Expr\(([\s\S]*)\)\/$/)?.[1] ?? value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
