// Queue: the DPQ with adding, changing, taking out, why not yet, and what governs the shoveler.
import { askReprocess, askUnfinished } from "./again.js";
import { get, post } from "./api.js";
import { ask, byId, h, notice, replace } from "./dom.js";
import { number, state, time } from "./format.js";
import { pairs } from "./grid.js";
import { governance } from "./shoveler.js";
import { may, start } from "./start.js";
import { DataTable } from "./table.js";
import { savedViews } from "./views.js";

let table = null;

export function run() {
  const bar = byId("bulk");
  table = new DataTable({
    place: byId("table"),
    table: start.table,
    first: start.first,
    path: "/entries",
    label: (row) => `request ${row.id}, ${row.dataset}`,
    onOpen: why,
    onSelect: (selection) => show(bar, selection),
  });
  savedViews("queue");
  adding();
  many();
  governance();
  setInterval(() => document.hidden || governance(), Math.max(2, start.preferences.refresh || 5) * 1000);
}

// Why a request doesn't run yet, or what became of it.
async function why(row) {
  let found;
  try {
    found = await get(`/entries/${row.id}`);
  } catch (error) {
    return notice(error.message, "error");
  }
  const { entry, reasons } = found;
  const facts = [
    ["State", state(entry.state)],
    ["Workflow", entry.workflow],
    ["Priority", number(entry.priority)],
    ["Campaign", entry.campaign || "none"],
    ["Asked for", `${time(entry.created_at)} by ${entry.created_by}`],
    ["Attempts", number(entry.attempts)],
    [
      "Parameters",
      Object.entries(entry.parameters)
        .map(([name, value]) => `${name} = ${value}`)
        .join(", ") || "none",
    ],
  ];
  if (entry.run_id) facts.push(["Run", h("a", { href: `${start.root}/run/${encodeURIComponent(entry.run_id)}` }, entry.run_id)]);
  if (entry.error) facts.push(["Error", h("span", { class: "refused" }, entry.error)]);
  const body = h(
    "div",
    {},
    h("h3", {}, entry.state === "Waiting" ? "Why it isn't running yet" : "What holds"),
    h(
      "ul",
      {},
      reasons.map((one) => h("li", {}, one)),
    ),
    h(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
  );
  return ask(`Request ${entry.id}: ${entry.dataset}`, body, { confirm: "Close" });
}

const BULK = [
  ["priority", "Change priority"],
  ["hold", "Hold"],
  ["release", "Release"],
  ["delete", "Delete"],
];

function show(bar, selection) {
  bar.hidden = selection.count === 0;
  const words = h("b", {}, `${selection.exact ? "" : "more than "}${number(selection.count)} selected`);
  const buttons = BULK.map(([verb, text]) =>
    h("button", { type: "button", data: { bulk: verb }, class: verb === "delete" ? "danger" : null, on: { click: () => bulk(verb, text, selection) } }, text),
  );
  replace(
    bar,
    words,
    may("operator") ? buttons : h("span", { class: "muted" }, "Changes are for operators."),
    h("button", { type: "button", class: "ghost", on: { click: () => table.clearSelection() } }, "Clear"),
  );
}

async function bulk(verb, text, selection) {
  const byStatus = {};
  for (const row of selection.rows) byStatus[row.state] = (byStatus[row.state] ?? 0) + 1;
  const counted = Object.entries(byStatus)
    .map(([name, count]) => `${number(count)} ${name}`)
    .join(", ");
  const summary = selection.all
    ? `All requests that match the filter, ${selection.exact ? "" : "more than "}${number(selection.count)} of them.`
    : `${number(selection.count)} requests: ${counted}.`;
  const effect = {
    priority: "Those that wait change. What runs is re-prioritised in Monitor.",
    delete: "Those that wait are taken out; they stay on record as Removed.",
    hold: "Those that wait do so until they are released.",
    release: "Those that are held may go.",
  }[verb];
  const value =
    verb === "priority" ? h("label", {}, "Priority (larger is sooner)", h("input", { name: "priority", type: "number", step: "1", required: true })) : null;
  const field = [value, h("label", {}, "Why (it is kept)", h("input", { name: "reason", maxlength: "500", autocomplete: "off" }))];
  const asked = await ask(`${text}?`, [h("p", {}, summary), h("p", { class: "muted" }, effect), field], { confirm: text, danger: verb === "delete" });
  if (asked === null) return;
  const { sort, ...query } = selection.query;
  const body = selection.all ? { query } : { ids: selection.rows.map((row) => row.id) };
  if (asked.priority !== undefined) body.priority = Number(asked.priority);
  if (asked.reason) body.reason = asked.reason;
  try {
    const found = await post(`/entries/${verb}`, body);
    notice(
      `${text}: ${number(found.changed)} changed${found.passed_over ? `, ${number(found.passed_over)} passed over: they wait no longer, or are so already` : ""}.`,
      found.changed ? "good" : "error",
    );
  } catch (error) {
    notice(error.message, "error");
  }
  table.clearSelection();
  table.refresh();
}

function many() {
  const menu = byId("more");
  for (const [id, call] of [
    ["again", askUnfinished],
    ["reprocess", askReprocess],
  ])
    byId(id)?.addEventListener("click", () => {
      menu.open = false;
      call(() => table.refresh());
    });
}

function adding() {
  const dialog = byId("add-dialog");
  const form = dialog.querySelector("form");
  const result = dialog.querySelector("[data-result]");
  byId("add")?.addEventListener("click", () => {
    replace(result);
    dialog.showModal();
  });
  dialog.querySelector("[data-load]").addEventListener("click", async () => {
    if (!form.reportValidity()) return;
    const given = Object.fromEntries(new FormData(form));
    const body = {
      text: given.text,
      workflow: given.workflow,
      priority: Number(given.priority || 0),
      campaign: given.campaign,
      skip_bad: given.skip_bad === "on",
      again: given.again === "on",
      parameters: pairs(given.parameters),
    };
    replace(result, "Adding …");
    try {
      const loaded = await post("/entries/load", body);
      replace(
        result,
        h("p", {}, h("b", {}, `${number(loaded.added)} added, ${number(loaded.refused.length)} refused.`)),
        loaded.refused.slice(0, 50).map((one) => h("p", { class: "refused" }, `line ${one.line}: ${one.reason}`)),
      );
      if (!loaded.refused.length) form.elements.text.value = "";
      table.refresh();
    } catch (error) {
      replace(result, h("p", { class: "refused" }, error.message));
    }
  });
}
