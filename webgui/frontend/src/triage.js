// Triage: failed steps grouped by cause, an example's log, rescue of a whole group.
import { get, post } from "./api.js";
import { ask, byId, h, notice, replace } from "./dom.js";
import { number, state, timeElement } from "./format.js";
import { Pane } from "./pane.js";
import { may, start } from "./start.js";

let pane = null;
let seen = "";

export function run() {
  pane = new Pane(byId("pane"));
  byId("hours").addEventListener("change", look);
  const again = async () => {
    if (!document.hidden) await look();
    if (start.preferences.refresh) setTimeout(again, Math.max(5, start.preferences.refresh) * 1000);
  };
  again();
}

async function look() {
  let found;
  try {
    found = await get("/failures", { hours: byId("hours").value });
  } catch (error) {
    if (error.status === 400) byId("triage-words").textContent = error.message;
    return;
  }
  const now = JSON.stringify(found);
  if (now === seen) return;
  seen = now;
  const all = found.reduce((sum, one) => sum + one.number, 0);
  byId("triage-words").textContent = `${number(all)} failed steps, ${number(found.length)} causes`;
  replace(byId("groups"), found.length ? found.map(group) : h("p", { class: "empty card" }, "Nothing has failed that hasn't gone on well since."));
}

function group(one) {
  const how = one.exit_signal ? `killed by signal ${one.exit_signal}` : one.exit_code !== null ? `exited with ${one.exit_code}` : `is ${one.state}`;
  const list = `${start.root}/monitor?${new URLSearchParams(one.query)}`;
  const log = h("pre", { class: "result" }, "…");
  const example = one.example;
  const element = h(
    "section",
    { class: "card group-card", "aria-label": `${one.process_name ?? "step"} ${how}` },
    h("h2", {}, h("span", { class: "count" }, number(one.number)), `${one.process_name ?? "A step"} ${how}`, state(one.state, one)),
    h(
      "p",
      { class: "muted" },
      `${one.workflow ?? "no workflow"} · ${number(one.runs)} runs · first `,
      timeElement(one.first),
      ", last ",
      timeElement(one.last),
    ),
    example
      ? h(
          "p",
          {},
          "For example ",
          h(
            "button",
            { type: "button", class: "link", on: { click: () => pane.open({ job: example.global_job_id, startNumber: example.start_number, tab: "logs" }) } },
            example.dataset ?? example.global_job_id,
          ),
          ":",
        )
      : null,
    log,
    h(
      "div",
      { class: "line" },
      may("operator")
        ? h("button", { type: "button", class: "primary", data: { rescue: "" }, on: { click: () => rescue(one, how) } }, `Rescue all ${number(one.runs)}`)
        : null,
      h("a", { class: "button", href: list }, "Show them in Monitor"),
    ),
  );
  lastWords(example, log);
  return element;
}

// The end of the example's error log, or of its output where that is empty.
async function lastWords(example, place) {
  if (!example?.run_id) return void place.remove();
  const path = `/runs/${encodeURIComponent(example.run_id)}/files`;
  try {
    const files = (await get(path)).filter((one) => one.step === example.process_name && one.size > 0);
    const file = files.find((one) => one.kind === "err") ?? files.find((one) => one.kind === "out");
    if (!file) return void replace(place, example.hold_reason ?? "Its logs are empty.");
    const part = await get(`${path}/tail`, { name: file.name, lines: 6 });
    replace(place, part.text.trimEnd());
  } catch (error) {
    replace(place, error.message);
  }
}

async function rescue(one, how) {
  const asked = await ask(
    `Rescue ${number(one.runs)} runs?`,
    [
      h("p", {}, `All whose ${one.process_name} ${how}. Each goes on from the step that failed, in the order and within the limits of the queue.`),
      h("label", {}, "Why (it is kept)", h("input", { name: "reason", maxlength: "500", autocomplete: "off" })),
    ],
    { confirm: "Rescue" },
  );
  if (asked === null) return;
  try {
    const found = await post("/commands", { verb: "rescue", aim: { table: "executions", query: one.query, of: "runs" }, reason: asked.reason });
    const words = found.command
      ? `Rescue asked for: command ${found.command.id}, ${number(found.command.total)} runs.`
      : `${number(found.rescues)} runs wait for their rescue.${found.refused.length ? ` Not: ${found.refused[0]}` : ""}`;
    notice(words, found.refused.length ? "error" : "good");
  } catch (error) {
    notice(error.message, "error");
  }
  look();
}
