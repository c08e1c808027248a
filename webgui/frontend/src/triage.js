// Triage: failed steps grouped by cause, an example's log, rescue of a whole group, machines that spoil what runs there.
import { get, post } from "./api.js";
import { follow } from "./commands.js";
import { byId, h, notice, replace } from "./dom.js";
import { number, timeElement } from "./format.js";
import { doing, why } from "./grid.js";
import { Pane } from "./pane.js";
import { rescueOptions } from "./rescue.js";
import { may, start } from "./start.js";

// What narrows the causes: the API's name, and the field.
const FILTERS = [
  ["hours", "hours"],
  ["workflow", "triage-workflow"],
  ["campaign", "triage-campaign"],
];
let pane = null;
let seen = "";

export function run() {
  pane = new Pane(byId("pane"));
  const given = new URLSearchParams(location.search);
  for (const [name, id] of FILTERS) {
    if (given.get(name)) byId(id).value = given.get(name);
    byId(id).addEventListener("change", turn);
  }
  const again = async () => {
    if (!document.hidden) await look();
    if (start.preferences.refresh) setTimeout(again, Math.max(5, start.preferences.refresh) * 1000);
  };
  again();
}

const asked = () => Object.fromEntries(FILTERS.map(([name, id]) => [name, byId(id).value.trim()]).filter(([, value]) => value));

function turn() {
  history.replaceState(null, "", `?${new URLSearchParams(asked())}`);
  return look();
}

async function look() {
  let found;
  let nodes;
  try {
    [found, nodes] = await Promise.all([get("/failures", asked()), get("/nodes/bad")]);
  } catch (error) {
    if (error.status === 400) byId("triage-words").textContent = error.message;
    return;
  }
  const now = JSON.stringify([found, nodes]);
  if (now === seen) return;
  seen = now;
  const all = found.reduce((sum, one) => sum + one.count, 0);
  byId("triage-words").textContent = `${number(all)} failures, ${number(found.length)} causes`;
  const none = h("p", { class: "empty card" }, "Nothing has failed that wasn't rescued since.");
  replace(byId("groups"), nodes.length ? badNodes(nodes) : null, found.length ? found.map(group) : none);
}

function badNodes(nodes) {
  const rows = nodes.map((one) =>
    h(
      "li",
      {},
      h("b", {}, one.host),
      `: ${number(one.failed)} of ${number(one.started)} failed, in ${number(one.steps)} different steps `,
      may("operator") ? h("button", { type: "button", data: { drain: one.host }, on: { click: () => drain(one) } }, "Drain") : null,
    ),
  );
  return h(
    "section",
    { class: "card full", "aria-label": "Bad machines" },
    h("h2", {}, "Machines on which most fails", h("a", { class: "button", href: `${start.root}/machines` }, "All machines")),
    h("ul", { class: "plain" }, rows),
  );
}

function howOf(one) {
  if (one.exit_signal !== null) return `killed by signal ${one.exit_signal}`;
  if (one.exit_code !== null) return `exited with ${one.exit_code}`;
  return one.hold_code !== null ? `held, code ${one.hold_code}` : "failed";
}

function group(one) {
  const how = howOf(one);
  const query = { process_name: `=${one.step}`, state: "failed" };
  if (one.exit_code !== null) query.exit_code = one.exit_code;
  if (one.hold_code !== null) query.hold_code = one.hold_code;
  const machines = Object.entries(one.machines);
  const where = machines.slice(0, 4).map(([name, count]) => `${name} (${number(count)})`);
  return h(
    "section",
    { class: "card group-card", "aria-label": `${one.step} ${how}: ${one.says}`, data: { cause: one.id } },
    h("h2", {}, h("span", { class: "count" }, number(one.count)), `${one.step || "A run"} ${how}`),
    one.says ? h("p", { class: "says" }, one.says) : null,
    h("p", { class: "muted" }, `${number(one.runs)} runs to rescue · first `, timeElement(one.first), ", last ", timeElement(one.last)),
    machines.length ? h("p", { class: "muted" }, `On ${where.join(", ")}${machines.length > 4 ? ` and ${machines.length - 4} more` : ""}`) : null,
    example(one.example),
    h(
      "div",
      { class: "line" },
      rescueButton(one, how),
      h("a", { class: "button", href: `${start.root}/monitor?${new URLSearchParams(query)}` }, "Show them in Monitor"),
    ),
  );
}

function rescueButton(one, how) {
  if (!may("operator")) return null;
  return h(
    "button",
    { type: "button", class: "primary", data: { rescue: "" }, disabled: one.runs === 0, on: { click: () => rescue(one, how) } },
    `Rescue all ${number(one.runs)}`,
  );
}

function example(row) {
  if (!row) return null;
  const open = () => pane.open({ job: row.global_job_id, startNumber: row.start_number, tab: "logs" });
  const log = h("pre", { class: "result" }, row.line || "…");
  lastWords(row, log);
  return [h("p", {}, "For example ", h("button", { type: "button", class: "link", on: { click: open } }, row.dataset ?? row.global_job_id), ":"), log];
}

// The end of the example's error log, or of its output where that is empty.
async function lastWords(row, place) {
  if (!row.run_id) return;
  const path = `/runs/${encodeURIComponent(row.run_id)}/files`;
  try {
    const files = (await get(path)).filter((one) => one.step === row.step && one.size > 0);
    const file = files.find((one) => one.kind === "err") ?? files.find((one) => one.kind === "out");
    if (file) replace(place, (await get(`${path}/tail`, { name: file.name, lines: 6 })).text.trimEnd());
    else if (!row.line) replace(place, "Its logs are empty.");
  } catch (error) {
    if (!row.line) replace(place, error.message);
  }
}

async function rescue(one, how) {
  const words = `All whose ${one.step} ${how}${one.says ? `: ${one.says}` : ""}. Each goes on from the step that failed, in the order and within the limits of the queue.`;
  const options = rescueOptions({ steps: one.step ? [one.step] : [] });
  await order(`Rescue ${number(one.runs)} runs?`, [h("p", {}, words), why(), options.element], "Rescue", ({ reason }) =>
    post(`/failures/${encodeURIComponent(one.id)}/rescue`, { reason, rescue: options.value() }),
  );
}

async function drain(one) {
  const words = "It takes no more jobs. What runs there gets its retirement time, then starts again elsewhere.";
  await order(`Drain ${one.host}?`, [h("p", {}, words), why()], "Drain", ({ reason }) => post(`/nodes/${encodeURIComponent(one.host)}/drain`, { reason }));
}

async function order(title, body, word, act) {
  const command = await doing(title, body, { confirm: word, danger: word === "Drain", act });
  if (!command) return;
  notice(`${word} asked for: command ${command.id}, ${number(command.total)} targets.`, "good");
  await follow(command.id, look);
  look();
}
