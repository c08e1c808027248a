// Commands on many: a bar that appears with the selection, a summary before, a result after.
import { get, post } from "./api.js";
import { follow, VERBS } from "./commands.js";
import { ask, h, notice, replace } from "./dom.js";
import { number } from "./format.js";
import { rescueOptions } from "./rescue.js";
import { may } from "./start.js";

const BULK = ["rescue", "hold", "release", "suspend", "continue", "remove", "priority", "resubmit"];

export function bulkBar(place, table, { name, refresh }) {
  const words = h("b", {});
  const buttons = BULK.map((verb) =>
    h(
      "button",
      { type: "button", data: { bulk: verb }, class: verb === "remove" ? "danger" : null, on: { click: () => bulk(verb, place.selection, { name, refresh }) } },
      { priority: "Re-prioritise", resubmit: "Resubmit" }[verb] ?? VERBS[verb].word,
    ),
  );
  const clear = h("button", { type: "button", class: "ghost", on: { click: () => table().clearSelection() } }, "Clear");
  replace(place, words, may("operator") ? buttons : h("span", { class: "muted" }, "Commands are for operators."), clear);
  return (selection) => {
    place.selection = selection;
    place.hidden = selection.count === 0;
    words.textContent = `${selection.exact ? "" : "more than "}${number(selection.count)} selected`;
  };
}

function aimOf(selection, name, of) {
  if (selection.all) {
    const { sort, ...query } = selection.query;
    return { table: name, query, of };
  }
  if (of === "steps") return { jobs: [...new Set(selection.rows.map((row) => row.global_job_id))] };
  return { runs: [...new Set(selection.rows.map((row) => row.run_id ?? row.id).filter(Boolean))] };
}

async function bulk(verb, selection, { name, refresh }) {
  const steps = name === "executions" && !["rescue", "resubmit", "priority"].includes(verb);
  const word = { priority: "Re-prioritise", resubmit: "Resubmit" }[verb] ?? VERBS[verb].word;
  const summary = h("p", { role: "status" }, "Looking at what it would be aimed at …");
  const choice = (value, text, on) => h("label", { class: "row" }, h("input", { type: "radio", name: "of", value, checked: on }), text);
  const of = steps
    ? [choice("steps", "the selected steps", true), choice("runs", "their whole workflows", false)]
    : [h("input", { type: "hidden", name: "of", value: "runs" })];
  const more =
    verb === "priority" || verb === "resubmit"
      ? h(
          "label",
          {},
          verb === "priority" ? "Priority (larger is sooner)" : "Priority (empty: as before)",
          h("input", { name: "value", type: "number", step: "1", required: verb === "priority" }),
        )
      : null;
  const names = [...new Set(selection.rows.map((row) => row.process_name).filter(Boolean))];
  const options = verb === "rescue" ? rescueOptions({ steps: names }) : null;
  const body = h(
    "div",
    { class: "ask-body" },
    summary,
    of,
    more,
    options?.element,
    h("label", {}, "Why (it is kept)", h("input", { name: "reason", maxlength: "500", autocomplete: "off" })),
  );
  const look = async (kind) => {
    try {
      replace(summary, await preview(verb, aimOf(selection, name, kind), selection));
    } catch (error) {
      replace(summary, h("span", { class: "refused" }, error.message));
    }
  };
  body.addEventListener("change", (event) => event.target.name === "of" && look(event.target.value));
  look(steps ? "steps" : "runs");
  const asked = await ask(`${word}: ${selection.exact ? "" : "more than "}${number(selection.count)} selected`, body, {
    confirm: word,
    danger: verb === "remove",
  });
  if (asked === null) return;
  const order = { verb, aim: aimOf(selection, name, asked.of), reason: asked.reason };
  if (asked.value) order.value = Number(asked.value);
  if (options) order.rescue = options.value();
  try {
    if (verb === "resubmit") return await resubmit(order, refresh);
    const command = await post("/commands", order);
    notice(`${word} asked for: command ${command.id}, ${number(command.total)} targets.`);
    refresh();
    const ended = await follow(command.id, refresh, 300);
    if (ended?.failed && !document.querySelector("dialog[open]")) await failures(command.id);
  } catch (error) {
    notice(error.message, "error");
  }
}

async function preview(verb, aim, selection) {
  if (verb === "resubmit") return h("span", {}, `The datasets of ${number(aim.runs?.length ?? selection.count)} runs go into the DPQ again, as new requests.`);
  const found = await post("/commands/preview", { verb, aim });
  const places = Object.entries(found.schedds).map(([name, count]) => `${name || "no schedd yet"}: ${number(count)}`);
  return h(
    "span",
    {},
    h("b", {}, `${number(found.runs)} runs and ${number(found.steps)} steps`),
    places.length ? ` (${places.join(", ")})` : "",
    found.waiting.map((one) => h("span", { class: "refused" }, ` ${one}`)),
  );
}

async function resubmit({ aim, value, reason }, refresh) {
  const loaded = await post("/entries/resubmit", { aim, priority: value ?? null, reason });
  const bad = loaded.refused.length ? `, ${loaded.refused.length} refused: ${loaded.refused[0].reason}` : "";
  notice(`${number(loaded.added)} requests added${bad}.`, loaded.refused.length ? "error" : "good");
  refresh();
}

async function failures(id) {
  const { command, targets } = await get(`/commands/${id}`, { failed: true, limit: 100 });
  const rows = targets.map((one) => h("tr", {}, h("td", {}, one.dataset ?? one.name), h("td", {}, one.process_name ?? ""), h("td", {}, one.result)));
  await ask(
    `${number(command.failed)} of ${number(command.total)} failed`,
    h("div", { class: "scroll tall" }, h("table", { class: "grid small" }, h("tbody", {}, rows))),
    { confirm: "Close" },
  );
}
