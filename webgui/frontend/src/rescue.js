// How a rescue goes on: from where, without which steps, with which values; and what that would change.
import { get, post } from "./api.js";
import { h, replace } from "./dom.js";
import { choice, doing, field, why } from "./grid.js";

const RESOURCES = ["memory", "cpus", "disk", "gpus"];
let lists = 0;

// The fields of a rescue, folded away until they are wanted. steps: names to choose from; runId: the one run, if it is one.
export function rescueOptions({ steps = [], parameters = [], runId = null } = {}) {
  const skips = h("div", { class: "pairs" });
  const values = h("div", { class: "pairs" });
  const names = suggestions(steps);
  const things = suggestions([...RESOURCES, ...steps.map((one) => `${one}.memory`), ...parameters]);
  const from = beginning(steps, names.id);
  const difference = h("div");
  const show = runId ? h("button", { type: "button", on: { click: () => showDifference(runId, values, difference) } }, "Show what would change") : null;
  const all = h(
    "fieldset", // what is folded away is disabled too: nothing in it is required then
    { class: "options", hidden: true, disabled: true, "aria-label": "Options" },
    names,
    things,
    from.element,
    h(
      "fieldset",
      {},
      h("legend", {}, "Count as done"),
      skips,
      h(
        "div",
        { class: "line" },
        adder("Skip a step …", () => skips.append(pair("Step", "step", names.id, "Why it may be left out"))),
      ),
    ),
    h(
      "fieldset",
      {},
      h("legend", {}, "Set"),
      values,
      h(
        "div",
        { class: "line" },
        adder("Set a value …", () => values.append(pair("memory, STEP.cpus …", "name", things.id, "Value"))),
        show,
      ),
      difference,
    ),
  );
  const open = h("button", { type: "button", class: "link", "aria-expanded": "false" }, "Other than from what failed …");
  open.addEventListener("click", () => {
    all.hidden = !all.hidden;
    all.disabled = all.hidden;
    open.setAttribute("aria-expanded", String(!all.hidden));
  });
  const read = () => ({ ...from.value(), ...named("skip", pairsOf(skips)), ...named("set", pairsOf(values)) });
  return { element: h("div", {}, open, all), value: () => (all.hidden || !Object.keys(read()).length ? undefined : read()) };
}

// Asks for the rescue of one run; answers the command, or null.
export async function askRescue(run, word) {
  let steps = [];
  try {
    steps = (await get(`/runs/${encodeURIComponent(run.id)}/dag`)).nodes.map((one) => one.name);
  } catch {
    // without its DAG the steps are written by hand
  }
  const options = rescueOptions({ steps, parameters: Object.keys(run.parameters), runId: run.id });
  const words = "It goes on from what failed; what is done isn't run again.";
  return doing(`${word} the run of ${run.dataset}?`, [h("p", { class: "muted" }, words), why(), options.element], {
    confirm: word,
    wide: true,
    act: ({ reason }) => post("/commands", { verb: "rescue", aim: { runs: [run.id] }, reason, rescue: options.value() }),
  });
}

function beginning(steps, list) {
  const ways = [
    ["failed", "from what failed"],
    ["start", "from the start: every step again"],
    ["step", "from one step on: it, and all after it"],
  ];
  const step = steps.length ? choice("Step", "from_step", steps) : field("Step", { name: "from_step", list });
  const way = choice("Begin", "from", ways);
  step.hidden = true;
  const input = step.querySelector("select, input");
  const select = way.querySelector("select");
  select.addEventListener("change", () => {
    step.hidden = select.value !== "step";
    input.required = !step.hidden;
  });
  const value = () => ({ failed: {}, start: { from_start: true }, step: { from_step: input.value } })[select.value];
  return { element: h("div", { class: "form" }, way, step), value };
}

function pair(first, name, list, second) {
  const gone = h("button", { type: "button", class: "ghost", "aria-label": "Take this line away" }, "×");
  const line = h(
    "div",
    { class: "pair" },
    h("input", { list, required: true, "aria-label": first, placeholder: first, autocomplete: "off", spellcheck: "false", data: { key: name } }),
    h("input", { required: true, "aria-label": second, placeholder: second, autocomplete: "off", maxlength: "500", data: { value: "" } }),
    gone,
  );
  gone.addEventListener("click", () => line.remove());
  return line;
}

function adder(words, add) {
  return h("button", { type: "button", on: { click: add } }, words);
}

const pairsOf = (place) =>
  Object.fromEntries([...place.children].map((line) => [line.querySelector("[data-key]").value.trim(), line.querySelector("[data-value]").value.trim()]));
const named = (name, pairs) => (Object.keys(pairs).length ? { [name]: pairs } : {});

function suggestions(words) {
  return h(
    "datalist",
    { id: `suggestions-${++lists}` },
    words.map((one) => h("option", { value: one })),
  );
}

async function showDifference(runId, values, place) {
  replace(place, h("p", { class: "muted" }, "Rendering …"));
  try {
    const { text } = await post(`/runs/${encodeURIComponent(runId)}/rescue/difference`, { set: pairsOf(values) });
    replace(place, text ? diff(text) : h("p", { class: "muted" }, "Nothing would change."));
  } catch (error) {
    replace(place, h("p", { class: "refused", role: "alert" }, error.message));
  }
}

function diff(text) {
  const kinds = { "+": "added", "-": "gone", "@": "place" };
  const lines = text
    .split("\n")
    .map((line) => h("span", { class: line.startsWith("+++") || line.startsWith("---") ? "place" : (kinds[line[0]] ?? null) }, `${line}\n`));
  return h("pre", { class: "result diff", tabindex: "0", "aria-label": "What would change" }, lines);
}
