// Machines: how busy each is, whether most fails there, and taking it out and back in.
import { get, post } from "./api.js";
import { follow } from "./commands.js";
import { byId, h, notice, replace } from "./dom.js";
import { number, state, timeElement } from "./format.js";
import { doing, keepLooking, smallTable, why } from "./grid.js";
import { may, start } from "./start.js";

const MOST = 500;
let seen = "";
let found = [];

export function run() {
  byId("machine-name").addEventListener("input", draw);
  keepLooking(look, Math.max(2, start.preferences.refresh || 5));
}

async function look() {
  try {
    found = await get("/nodes");
  } catch {
    return; // the header says what is away
  }
  draw();
}

function draw() {
  const wanted = byId("machine-name").value.trim().toLowerCase();
  const some = found.filter((one) => one.name.toLowerCase().includes(wanted));
  const now = JSON.stringify([some, wanted]);
  if (now === seen) return;
  seen = now;
  const slots = some.reduce((sum, one) => sum + one.slots, 0);
  const busy = some.reduce((sum, one) => sum + one.busy, 0);
  byId("machines-words").textContent = found.length ? `${number(some.length)} machines, ${number(busy)} of ${number(slots)} slots busy` : "";
  if (!found.length) return void replace(byId("machines"), h("p", { class: "empty" }, "No owld has told of the pool yet."));
  const headings = ["Machine", "Slots", "Busy", "Takes jobs", "Failed of the last day", "Wanted last", ...(may("operator") ? ["Change"] : [])];
  const more = some.length > MOST ? h("p", { class: "muted" }, `and ${number(some.length - MOST)} more: search for their names`) : null;
  replace(byId("machines"), smallTable("Machines", headings, some.slice(0, MOST).map(row)), more);
}

function row(one) {
  const jobs = h("a", { href: `${start.root}/monitor?${new URLSearchParams({ host: `*${one.name}`, state: "active" })}` }, one.name);
  const meter = h("meter", { min: "0", max: String(Math.max(1, one.slots)), value: String(one.busy), "aria-label": `${one.busy} of ${one.slots} slots busy` });
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, jobs),
    h("td", { class: "k-number" }, number(one.slots)),
    h("td", {}, meter, ` ${number(one.busy)}`),
    h("td", {}, takes(one)),
    h("td", {}, one.failed === null ? "" : h("span", { class: "state bad" }, `${number(one.failed)} of ${number(one.started)}`)),
    h("td", { class: "wrap" }, last(one.last)),
    may("operator") ? h("td", {}, buttons(one)) : null,
  );
}

function takes(one) {
  if (one.drained === null) return h("span", { class: "muted" }, "not told");
  return one.drained ? h("span", { class: "state warn" }, "drained") : h("span", { class: "state good" }, "yes");
}

function last(command) {
  if (!command) return "";
  const why = command.reason ? `: “${command.reason}” ` : " ";
  return [
    `${command.verb} by ${command.requested_by}, `,
    timeElement(command.requested_at),
    why,
    state(command.state),
    command.result ? ` ${command.result}` : "",
  ];
}

function buttons(one) {
  const drain = h("button", { type: "button", data: { drain: one.name }, on: { click: () => order(one, "drain") } }, "Drain …");
  const undrain = h("button", { type: "button", data: { undrain: one.name }, on: { click: () => order(one, "undrain") } }, "Undrain …");
  if (one.drained === null) return h("span", { class: "buttons" }, drain, undrain);
  return one.drained ? undrain : drain;
}

const WORDS = {
  drain: "It takes no more jobs. What runs there gets its retirement time, then starts again elsewhere.",
  undrain: "It takes jobs again.",
};

async function order(one, verb) {
  const word = verb === "drain" ? "Drain" : "Undrain";
  const command = await doing(`${word} ${one.name}?`, [h("p", {}, WORDS[verb]), why()], {
    confirm: word,
    danger: verb === "drain",
    act: ({ reason }) => post(`/nodes/${encodeURIComponent(one.name)}/${verb}`, { reason }),
  });
  if (!command) return;
  notice(`${word} asked for: command ${command.id}.`, "good");
  await look();
  await follow(command.id, look);
}
