// Limits: what governs the shoveler, whom each limit is for, who set it; setting it, and its default again.
import { post } from "./api.js";
import { byId, h, notice, replace } from "./dom.js";
import { choice, doing, field, keepLooking, smallTable } from "./grid.js";
import { governance } from "./shoveler.js";
import { may, start } from "./start.js";

const WHOM = {
  all: "everything",
  workflow: "a workflow",
  campaign: "a campaign",
  "at-least": "requests of this priority or higher",
  below: "requests of a lower priority than",
};
const SCOPES = { workflow: "Its name", campaign: "Its name", "at-least": "Priority", below: "Priority" };
let limits = [];
let seen = "";

export function run() {
  byId("new-limit")?.addEventListener("click", () => ask());
  keepLooking(look, Math.max(2, start.preferences.refresh || 5));
}

async function look() {
  const found = await governance();
  if (found) draw(found);
}

function draw(found) {
  limits = found.limits;
  const now = JSON.stringify(found.knobs);
  if (now === seen) return;
  seen = now;
  const meanings = Object.fromEntries(limits.map((one) => [one.name, one.meaning]));
  const headings = ["Limit", "Means", "For", "Value", "Set by", ...(may("operator") ? ["Change"] : [])];
  replace(
    byId("limits"),
    smallTable(
      "Limits",
      headings,
      found.knobs.map((one) => row(one, meanings[one.name] ?? "")),
    ),
  );
}

function whom({ kind, scope, whom: words }) {
  if (kind === "at-least") return `priority ${scope} or higher`;
  return kind === "below" ? `priority below ${scope}` : words;
}

function row(one, meaning) {
  const own = one.set_by !== "default";
  const change = h("button", { type: "button", data: { limit: one.name }, on: { click: () => ask(one) } }, "Change …");
  const back = own ? h("button", { type: "button", on: { click: () => reset(one) } }, one.kind === "all" ? "Default again" : "Take away") : null;
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, one.name),
    h("td", { class: "wrap" }, meaning),
    h("td", {}, whom(one)),
    h("td", { class: "k-number" }, one.value === null ? h("span", { class: "muted" }, "no limit") : String(one.value)),
    h("td", { class: own ? null : "muted" }, one.set_by),
    may("operator") ? h("td", {}, h("span", { class: "buttons" }, change, back)) : null,
  );
}

async function ask(one = null) {
  const name = choice(
    "Limit",
    "name",
    limits.map((each) => each.name),
    { disabled: one !== null },
  );
  const about = h("p", { class: "muted" });
  const kind = choice("For", "kind", [], { disabled: one !== null });
  const scope = field("Its name", { name: "scope", list: "limit-scopes", disabled: one !== null });
  const value = field("Value", { name: "value", type: "number", step: "any", required: true });
  const workflows = h(
    "datalist",
    { id: "limit-scopes" },
    start.workflows.map((each) => h("option", { value: each })),
  );
  const inputs = {
    name: name.querySelector("select"),
    kind: kind.querySelector("select"),
    scope: scope.querySelector("input"),
    value: value.querySelector("input"),
  };
  const turnKind = () => {
    scope.hidden = inputs.kind.value === "all";
    inputs.scope.required = !scope.hidden;
    scope.firstChild.data = SCOPES[inputs.kind.value] ?? "";
  };
  const turnName = () => {
    const limit = limits.find((each) => each.name === inputs.name.value);
    replace(about, `${limit.meaning}; ${limit.minimum} to ${limit.maximum}`);
    replace(
      inputs.kind,
      limit.kinds.map((each) => h("option", { value: each }, WHOM[each])),
    );
    Object.assign(inputs.value, { min: limit.minimum, max: limit.maximum });
    turnKind();
  };
  inputs.name.addEventListener("change", turnName);
  inputs.kind.addEventListener("change", turnKind);
  if (one) inputs.name.value = one.name;
  turnName();
  if (one) Object.assign(inputs.kind, { value: one.kind });
  if (one) Object.assign(inputs.scope, { value: one.scope });
  turnKind();
  if (one && one.value !== null) inputs.value.value = one.value;
  const done = await doing(one ? `Change ${one.name} for ${whom(one)}` : "Set a limit", [name, about, kind, scope, workflows, value], {
    confirm: "Set",
    act: () =>
      post("/governance/set", {
        name: inputs.name.value,
        kind: inputs.kind.value,
        scope: scope.hidden ? "" : inputs.scope.value.trim(),
        value: Number(inputs.value.value),
      }),
  });
  if (!done) return;
  notice("Set.", "good");
  draw(done);
}

async function reset({ name, kind, scope }) {
  try {
    draw(await post("/governance/reset", { name, kind, scope }));
    notice("As it was before it was set.", "good");
  } catch (error) {
    notice(error.message, "error");
  }
}
