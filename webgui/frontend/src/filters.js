// A filter below a heading: a word with the operators of the API, or a choice of states.
import { ask, h, later } from "./dom.js";

const HINTS = {
  text: "begins with; * ? anywhere; =exactly; !not; - empty",
  time: ">=2026-01-31, -24h, a..b; - empty",
  duration: "seconds: >=60, <5, 10..20; - empty",
  number: "1, >=1, !0, 1..9; - empty",
};
const SEVERAL = "\u0000";
const SHORT = { text: "abc*", time: "-24h", duration: ">60", number: "0" };

export function filterInput(column, changed) {
  const label = `Filter ${column.heading.toLowerCase()}`;
  if (column.choices.length) {
    const options = column.choices.map((one) => h("option", { value: one }, one));
    const select = h(
      "select",
      { "aria-label": label, class: "filter" },
      h("option", { value: "" }, "any"),
      options,
      h("option", { value: SEVERAL }, "several …"),
    );
    let before = "";
    select.addEventListener("focus", () => {
      before = select.value;
    });
    select.addEventListener("change", async () => {
      const value = select.value === SEVERAL ? await several(column, before) : select.value;
      before = value;
      select.blur();
      showFilter(select, value);
      changed(value);
    });
    return select;
  }
  const input = h("input", {
    type: "text",
    class: "filter",
    "aria-label": `${label} (${HINTS[column.kind] ?? HINTS.text})`,
    title: HINTS[column.kind] ?? HINTS.text,
    placeholder: SHORT[column.kind] ?? "",
    autocomplete: "off",
    spellcheck: "false",
  });
  const tell = later(() => changed(input.value.trim()), 300);
  input.addEventListener("input", tell);
  return input;
}

// Several states at once, or all but some.
async function several(column, before) {
  const chosen = new Set(before.replace(/^!/, "").split(",").filter(Boolean));
  const boxes = column.choices.map((one) => h("label", { class: "row" }, h("input", { type: "checkbox", name: one, checked: chosen.has(one) }), one));
  const but = h("label", { class: "row" }, h("input", { type: "checkbox", name: "!", checked: before.startsWith("!") }), "all but these");
  const asked = await ask(column.heading, [h("div", { class: "choices" }, boxes), but], { confirm: "Filter" });
  if (asked === null) return before;
  const { "!": not, ...names } = asked;
  const words = Object.keys(names).join(",");
  return words && not ? `!${words}` : words;
}

export function showFilter(input, value) {
  if (input === document.activeElement) return;
  if (input instanceof HTMLSelectElement && value && ![...input.options].some((one) => one.value === value)) {
    input.lastElementChild.before(h("option", { value }, value)); // several states
  }
  input.value = value;
  input.classList.toggle("set", value !== "");
}
