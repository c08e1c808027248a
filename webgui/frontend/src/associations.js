// Associations: which there are, what each waits for, where its members stand; cancelling one.
import { get, post } from "./api.js";
import { ask, byId, h, later, notice, replace } from "./dom.js";
import { number, state, timeElement } from "./format.js";
import { choice, doing, factList, field, keepLooking, likeness, pairs, smallTable, why } from "./grid.js";
import { may, start } from "./start.js";

const PAGE = 50;
const TONES = { Waiting: "idle", Overdue: "bad", Asked: "good", Cancelled: "gone" };
const MEMBER_TONES = { Missing: "warn", Waiting: "idle", Processing: "run", Done: "good", Failed: "bad", Removed: "gone", Late: "warn", Replaced: "warn" };
const REMAKES = { never: "never", late: "when late members are done", always: "also when members were processed again" };
let offset = 0;
let seen = "";

export function run() {
  const given = new URLSearchParams(location.search);
  byId("association-state").value = given.get("state") ?? "";
  byId("association-name").value = given.get("name") ?? "";
  byId("association-state").addEventListener("change", () => turn(0));
  byId("association-name").addEventListener(
    "input",
    later(() => turn(0), 300),
  );
  byId("association-previous").addEventListener("click", () => turn(offset - PAGE));
  byId("association-next").addEventListener("click", () => turn(offset + PAGE));
  byId("new-association")?.addEventListener("click", create);
  keepLooking(look, Math.max(2, start.preferences.refresh || 5));
}

function turn(to) {
  offset = Math.max(0, to);
  const chosen = Object.entries({ state: byId("association-state").value, name: byId("association-name").value.trim() }).filter(([, value]) => value);
  history.replaceState(null, "", chosen.length ? `?${new URLSearchParams(chosen)}` : location.pathname);
  return look();
}

async function look() {
  const query = { limit: PAGE, offset };
  const name = byId("association-name").value.trim();
  if (name) query.name = likeness(name);
  if (byId("association-state").value) query.state = byId("association-state").value;
  let found;
  try {
    found = await get("/associations", query);
  } catch (error) {
    if (error.status === 400) byId("association-words").textContent = error.message;
    return;
  }
  byId("association-words").textContent = `${found.rows.length ? offset + 1 : 0}–${offset + found.rows.length} of ${number(found.total)}`;
  byId("association-previous").disabled = offset === 0;
  byId("association-next").disabled = offset + found.rows.length >= found.total;
  const now = JSON.stringify(found.rows);
  if (now === seen) return;
  seen = now;
  byId("association-none").hidden = found.rows.length > 0;
  replace(byId("associations"), found.rows.map(row));
}

const stateOf = (name) => h("span", { class: `state ${TONES[name] ?? "idle"}` }, name);
const request = (id) => (id === null ? "" : h("a", { href: `${start.root}/queue?id=${id}` }, String(id)));

function row(one) {
  return h(
    "tr",
    {},
    h("td", {}, h("button", { type: "button", class: "link mono", title: one.name, on: { click: () => show(one.name) } }, one.name)),
    h("td", {}, stateOf(one.state)),
    h("td", {}, one.workflow),
    h("td", {}, one.member_workflow),
    h("td", { class: "k-number" }, number(one.priority)),
    h("td", { title: one.campaign }, one.campaign),
    h("td", { class: "k-time" }, timeElement(one.deadline)),
    h("td", { class: "k-time" }, timeElement(one.changed_at)),
    h("td", { class: "k-number" }, request(one.entry_id)),
    h("td", { title: one.reason }, one.reason),
  );
}

async function show(name) {
  let found;
  try {
    found = await get(`/associations/${encodeURIComponent(name)}`);
  } catch (error) {
    return void notice(error.message, "error");
  }
  const one = found.association;
  const cancel = may("operator") && one.state !== "Cancelled";
  const asked = await ask(`Association ${name}`, details(found), {
    confirm: cancel ? "Cancel the association …" : "Close",
    leave: "Close",
    wide: true,
    danger: cancel,
  });
  if (asked !== null && cancel) await end(name);
}

function details({ association: one, members, entry, lines }) {
  const facts = [
    ["State", stateOf(one.state)],
    ["Made when done by", one.member_workflow],
    ["Processed by", one.workflow],
    ["Asked for by", [`${one.created_by}, `, timeElement(one.created_at)]],
    ["Deadline", one.deadline ? [timeElement(one.deadline), `, then of ${number(one.at_least)} members at least`] : "none"],
    ["Made again", REMAKES[one.remake] ?? one.remake],
    ["Request", entry ? [request(entry.id), " ", state(entry.state)] : "none yet"],
  ];
  return [
    h("p", {}, h("b", {}, lines[0])),
    one.reason && one.reason !== lines[0] ? h("p", { class: "muted" }, one.reason) : null,
    factList(facts),
    h("h3", {}, `${number(members.length)} members`),
    smallTable("Members", ["Dataset", "State", "Its request", "Made of request"], members.map(member), { tall: true }),
  ];
}

function member(one) {
  return h(
    "tr",
    {},
    h(
      "td",
      { class: "mono" },
      one.entry_id === null ? one.dataset : h("a", { href: `${start.root}/monitor?${new URLSearchParams({ dataset: `=${one.dataset}` })}` }, one.dataset),
    ),
    h("td", {}, h("span", { class: `state ${MEMBER_TONES[one.state] ?? "idle"}` }, one.state)),
    h("td", { class: "k-number" }, request(one.entry_id)),
    h("td", { class: "k-number" }, request(one.used_id)),
  );
}

async function create() {
  const preferred = (name) => ({ value: start.workflows.includes(name) ? name : start.workflows[0] });
  const members = h("textarea", { name: "members", rows: "6", required: true, spellcheck: "false", placeholder: "jw93135012001_02108_00001_nrs2" });
  const body = [
    field("Name of the whole", { name: "name", required: true, maxlength: "200", spellcheck: "false" }),
    h("label", {}, "Members: names with spaces, commas or new lines between them", members),
    h(
      "div",
      { class: "form" },
      choice("Made when done by", "member_workflow", start.workflows, preferred("imaging")),
      choice("Processed by", "workflow", start.workflows, preferred("association")),
      field("Members' parameter", { name: "member_parameter", required: true, value: "members", spellcheck: "false" }),
      field("Other parameters", { name: "parameters", placeholder: "name=value, name=value", spellcheck: "false" }),
      field("Priority", { name: "priority", type: "number", step: "1", value: "0" }),
      field("Campaign", { name: "campaign", maxlength: "200", spellcheck: "false" }),
      field("Without the rest after", { name: "within", maxlength: "10", placeholder: "never; or 90m, 12h, 3d", spellcheck: "false" }),
      field("Then of at least", { name: "at_least", type: "number", min: "1", step: "1", value: "1" }),
      choice(
        "Made again",
        "remake",
        start.remakes.map((one) => [one, REMAKES[one] ?? one]),
        { value: "late" },
      ),
    ),
    h("label", { class: "row" }, h("input", { type: "checkbox", name: "replace" }), "Give an association that is there these members"),
  ];
  const act = (asked) => post("/associations", wanted(asked));
  const made = await doing("A new association", body, { confirm: "Make it", wide: true, act });
  if (made) notice(`The association ${made.association.name} waits: ${made.lines[0]}.`, "good");
  look();
}

function wanted(asked) {
  return {
    ...asked,
    members: asked.members.split(/[\s,]+/).filter(Boolean),
    parameters: pairs(asked.parameters),
    priority: Number(asked.priority || 0),
    at_least: Number(asked.at_least || 1),
    within: asked.within || null,
    replace: asked.replace === "on",
  };
}

async function end(name) {
  const done = await doing(
    `Cancel the association ${name}?`,
    [h("p", {}, "It waits for nothing any more; a request that was made of it goes on."), why(true)],
    {
      confirm: "Cancel the association",
      leave: "Keep it",
      danger: true,
      act: ({ reason }) => post(`/associations/${encodeURIComponent(name)}/cancel`, { reason }),
    },
  );
  if (done) notice(`The association ${name} is cancelled.`, "good");
  look();
}
