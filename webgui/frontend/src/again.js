// Putting work in again: what failed or was removed, and what a selection on the archive's catalogue gives.
import { get, post } from "./api.js";
import { h, notice, replace } from "./dom.js";
import { number, state } from "./format.js";
import { choice, doing, field, pairs, smallTable, why } from "./grid.js";
import { start } from "./start.js";

const ENDED = ["Failed", "Removed", "Done"];
const sum = (counts) => Object.values(counts).reduce((total, one) => total + one, 0);
const given = (form) => Object.fromEntries(new FormData(form));
const whole = (text) => (text === "" ? null : Number(text));
const tick = (name, words, checked = false) => h("label", { class: "row" }, h("input", { type: "checkbox", name, checked }), words);

// A button that shows what the form would do, as it stands now.
function preview(body, look) {
  const place = h("div", { role: "status" });
  const button = h("button", { type: "button", data: { preview: "" } }, "Show how many");
  button.addEventListener("click", async () => {
    const form = button.closest("form");
    if (!form.reportValidity()) return;
    replace(place, h("p", { class: "muted" }, "Counting …"));
    try {
      replace(place, await look(body(given(form))));
    } catch (error) {
      replace(place, h("p", { class: "refused", role: "alert" }, error.message));
    }
  });
  return [h("div", { class: "line" }, button), place];
}

export async function askUnfinished(done) {
  const words =
    "Of each dataset and workflow the latest request counts; what somebody has asked for again since is left out. These are new runs from the start.";
  const body = [
    h("p", { class: "muted" }, words),
    h(
      "div",
      { class: "form" },
      choice("Workflow", "workflow", [["", "any"], ...start.workflows]),
      field("Campaign", { name: "campaign", maxlength: "200", spellcheck: "false" }),
      field("Ended since (UTC; or -24h, -7d)", { name: "since", maxlength: "40", placeholder: "2026-11-25T03:00", spellcheck: "false" }),
      field("Cause", { name: "cause", maxlength: "200", placeholder: "STEP, STEP:CODE, :CODE, or words of its error", spellcheck: "false" }),
    ),
    h(
      "fieldset",
      {},
      h("legend", {}, "That ended as"),
      ENDED.map((name) => tick(`state-${name}`, name, name !== "Done")),
    ),
    h(
      "div",
      { class: "form" },
      field("Priority (empty: as before)", { name: "priority", type: "number", step: "1" }),
      field("Into the campaign (empty: as before)", { name: "into", maxlength: "200", spellcheck: "false" }),
    ),
    why(),
    preview(which, async (asked) => counts(await post("/entries/unfinished/preview", asked))),
  ];
  const made = await doing("Ask again for what didn't end well", body, {
    confirm: "Ask again",
    wide: true,
    act: (asked) => post("/entries/unfinished", which(asked)),
  });
  if (!made) return;
  notice(made.added ? `${number(made.added)} requests wait.` : "Nothing was to be asked for again.", made.added ? "good" : "info");
  done();
}

function which(asked) {
  return {
    workflow: asked.workflow || null,
    campaign: asked.campaign || null,
    since: asked.since || null,
    cause: asked.cause || null,
    states: ENDED.filter((name) => asked[`state-${name}`]),
    priority: whole(asked.priority),
    into: asked.into || null,
    reason: asked.reason,
  };
}

function counts(found) {
  if (!found.length) return h("p", { class: "muted" }, "Nothing would be asked for again.");
  const row = (one) => h("tr", {}, h("td", {}, one.workflow), h("td", {}, state(one.state)), h("td", { class: "k-number" }, number(one.requests)));
  const all = found.reduce((total, one) => total + one.requests, 0);
  return [h("p", {}, h("b", {}, `${number(all)} requests would be made.`)), smallTable("Requests", ["Workflow", "Ended as", "Requests"], found.map(row))];
}

export async function askReprocess(done) {
  let catalogue;
  try {
    catalogue = await get("/selections");
  } catch (error) {
    return void notice(error.message, "error");
  }
  const { selections } = catalogue;
  const missing = catalogue.there
    ? "No selection is kept: the administrator puts queries, *.sql, into selection_dir."
    : "There is no catalogue to reprocess from: the administrator sets catalog_url in owl.toml.";
  if (!catalogue.there || !selections.length) return void notice(missing, "error");
  const options = h("div");
  const select = choice(
    "Selection",
    "selection",
    selections.map((one) => one.name),
  );
  const show = () => replace(options, optionsOf(selections.find((one) => one.name === select.querySelector("select").value)));
  select.addEventListener("change", show);
  show();
  const body = [
    h("div", { class: "form" }, select),
    options,
    h(
      "div",
      { class: "form" },
      choice("Workflow", "workflow", start.workflows),
      field("Campaign", { name: "campaign", required: true, maxlength: "200", spellcheck: "false" }),
      field("Priority (of rows that have none)", { name: "priority", type: "number", step: "1", value: "0" }),
      field("Parameters of every request", { name: "parameters", placeholder: "name=value, name=value" }),
    ),
    tick("skip_bad", "Leave rows out that can't become requests, instead of stopping there"),
    tick("again", "Even what waits already, or what the campaign has had"),
    why(),
    preview(plan, async (asked) => outcome(await post("/reprocess/preview", asked), "would be made")),
  ];
  const made = await doing("Reprocess from the archive's catalogue", body, {
    confirm: "Reprocess",
    wide: true,
    act: (asked) => post("/reprocess", plan(asked)),
  });
  if (!made) return;
  const refused = made.refused ? `, ${number(made.refused)} rows refused: ${made.reasons[0]}` : "";
  notice(`${number(sum(made.added))} requests wait, ${number(sum(made.waiting))} left out${refused}.`, made.refused ? "error" : "good");
  done();
}

// What a query asks for has a field each; what a function takes is its own affair.
function optionsOf({ query, options }) {
  if (!query) return field("Its options", { name: "options", placeholder: "name=value, name=value" });
  return [
    h(
      "div",
      { class: "form" },
      options.map((name) => field(`:${name}`, { name: `option-${name}`, required: true, maxlength: "500", spellcheck: "false" })),
    ),
    h("details", {}, h("summary", {}, "The query"), h("pre", { class: "result", tabindex: "0", "aria-label": "The query" }, query)),
  ];
}

function plan(asked) {
  const named = Object.entries(asked).filter(([name]) => name.startsWith("option-"));
  return {
    selection: asked.selection,
    workflow: asked.workflow,
    campaign: asked.campaign,
    priority: Number(asked.priority || 0),
    parameters: pairs(asked.parameters),
    options: { ...pairs(asked.options ?? ""), ...Object.fromEntries(named.map(([name, value]) => [name.slice("option-".length), value])) },
    skip_bad: asked.skip_bad === "on",
    again: asked.again === "on",
    reason: asked.reason,
  };
}

function outcome(found, verb) {
  const names = [...new Set([...Object.keys(found.added), ...Object.keys(found.waiting)])].sort();
  const cell = (value) => h("td", { class: "k-number" }, number(value ?? 0));
  const row = (name) => h("tr", {}, h("td", {}, name || "–"), cell(found.added[name]), cell(found.waiting[name]));
  return [
    h("p", {}, h("b", {}, `${number(sum(found.added))} requests ${verb}, ${number(sum(found.waiting))} left out, ${number(found.refused)} rows refused.`)),
    names.length ? smallTable("By instrument", ["Instrument", "Requests", "Left out: asked for already"], names.map(row)) : null,
    found.reasons.slice(0, 5).map((one) => h("p", { class: "refused" }, one)),
  ];
}
