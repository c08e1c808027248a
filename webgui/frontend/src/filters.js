// A filter below a heading: a word with the operators of the API, or a choice of states.
import { h, later } from "./dom.js";

const HINTS = {
  text: "begins with; * ? anywhere; =exactly; !not; - empty",
  time: ">=2026-01-31, -24h, a..b; - empty",
  duration: "seconds: >=60, <5, 10..20; - empty",
  number: "1, >=1, !0, 1..9; - empty",
};
const SHORT = { text: "abc*", time: "-24h", duration: ">60", number: "0" };

export function filterInput(column, changed) {
  const label = `Filter ${column.heading.toLowerCase()}`;
  if (column.choices.length) {
    const options = column.choices.map((one) => h("option", { value: one }, one));
    const select = h("select", { "aria-label": label, class: "filter" }, h("option", { value: "" }, "any"), options);
    select.addEventListener("change", () => changed(select.value));
    return select;
  }
  const input = h("input", { type: "text", class: "filter", "aria-label": `${label} (${HINTS[column.kind] ?? HINTS.text})`, title: HINTS[column.kind] ?? HINTS.text, placeholder: SHORT[column.kind] ?? "", autocomplete: "off", spellcheck: "false" });
  const tell = later(() => changed(input.value.trim()), 300);
  input.addEventListener("input", tell);
  return input;
}

export function showFilter(input, value) {
  if (input === document.activeElement) return;
  if (input instanceof HTMLSelectElement && value && ![...input.options].some((one) => one.value === value)) {
    input.append(h("option", { value }, value)); // several states, from a link
  }
  input.value = value;
  input.classList.toggle("set", value !== "");
}
