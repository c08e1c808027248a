// What is paused, pausing and resuming: on Queue and on Limits.
import { get, post } from "./api.js";
import { byId, h, notice, replace } from "./dom.js";
import { timeElement } from "./format.js";
import { choice, doing, field, why } from "./grid.js";
import { may } from "./start.js";

const KINDS = [
  ["all", "everything"],
  ["workflow", "a workflow"],
  ["campaign", "a campaign"],
];
let seen = "";

// Shows what is paused; answers all that governs the shoveler, or null where nobody tells.
export async function governance() {
  let found;
  try {
    found = await get("/governance");
  } catch {
    return null;
  }
  const now = JSON.stringify(found.pauses);
  if (now !== seen) replace(byId("governance"), line(found.pauses));
  seen = now;
  return found;
}

function line(pauses) {
  const pause = may("operator") ? h("button", { type: "button", on: { click: askPause } }, "Pause …") : null;
  const nothing = h("span", { class: "grow" }, h("span", { class: "state good" }, "open"), " Nothing is paused.");
  return h("div", { class: "line" }, pauses.length ? h("ul", { class: "plain grow" }, pauses.map(paused)) : nothing, pause);
}

function paused(one) {
  return h(
    "li",
    {},
    h("span", { class: "state warn" }, "paused"),
    ` ${one.kind === "all" ? "Everything" : `${one.kind} ${one.scope}`} is paused by ${one.paused_by} since `,
    timeElement(one.paused_at),
    `: “${one.reason}” `,
    may("operator") ? h("button", { type: "button", on: { click: () => resume(one) } }, "Resume") : null,
  );
}

export async function askPause() {
  const scope = field("Its name", { name: "scope" });
  const kind = choice("What", "kind", KINDS);
  const select = kind.querySelector("select");
  const turn = () => {
    scope.hidden = select.value === "all";
    scope.querySelector("input").required = !scope.hidden;
  };
  select.addEventListener("change", turn);
  turn();
  const words = h("p", { class: "muted" }, "Nothing more of it goes to HTCondor; what runs goes on.");
  const done = await doing("Pause", [words, kind, scope, why(true)], {
    confirm: "Pause",
    act: (asked) => post("/governance/pause", { kind: asked.kind, scope: asked.kind === "all" ? "" : asked.scope.trim(), reason: asked.reason }),
  });
  if (done) notice("Paused.", "good");
  return governance();
}

export async function resume({ kind, scope }) {
  try {
    await post("/governance/resume", { kind, scope });
    notice("Resumed.", "good");
  } catch (error) {
    notice(error.message, "error");
  }
  return governance();
}
