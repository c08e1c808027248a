// Commands on one run or step: the buttons, the question before, and what came of them.
import { get, post } from "./api.js";
import { ask, h, notice, replace } from "./dom.js";
import { state, timeElement } from "./format.js";
import { askRescue } from "./rescue.js";
import { may } from "./start.js";

// verb → its word, what states it makes sense in, and whether it is to be confirmed in red.
export const VERBS = {
  hold: {
    word: "Hold",
    says: "off its machine, and not back before it is released",
    steps: ["Idle", "Starting", "Running", "Suspended"],
    runs: ["Idle", "Running", "Futile"],
  },
  release: { word: "Release", says: "what is held may run again", steps: ["Held"], runs: ["Held", "Running", "Futile"] },
  suspend: { word: "Suspend", says: "stopped where it runs; it keeps its slot and its memory", steps: ["Running"], runs: ["Running", "Futile"] },
  continue: { word: "Continue", says: "what is suspended goes on", steps: ["Suspended"], runs: ["Running", "Futile"] },
  halt: { word: "Halt", says: "the run starts no more steps; what runs goes on", runs: ["Idle", "Running", "Futile"], whole: true },
  resume: { word: "Resume", says: "a halted run starts steps again", runs: ["Idle", "Running", "Futile"], whole: true },
  rescue: { word: "Rescue", says: "a failed run goes on from what failed, or as its options say", runs: ["Failed", "Aborted", "Removed", "Lost"], whole: true },
  remove: {
    word: "Remove",
    says: "out of HTCondor",
    steps: ["Idle", "Starting", "Running", "Suspended", "Held"],
    runs: ["Claimed", "Idle", "Running", "Futile", "Held"],
    danger: true,
  },
  analyze: { word: "Analyze", says: "why it isn't running", steps: ["Idle", "Held", "Running", "Starting", "Suspended"] },
};
const GROUPS = [
  ["Hold/Release", ["hold", "release"]],
  ["Suspend/Continue", ["suspend", "continue"]],
  ["Halt/Resume", ["halt", "resume"]],
  ["More commands", ["rescue", "remove", "analyze"]],
];

// The buttons of the pane: of a step where one is shown, else of the whole run.
export function commandBar({ pane }) {
  const buttons = new Map();
  const element = h(
    "div",
    { class: "commands", role: "toolbar", "aria-label": "Commands" },
    GROUPS.map(([title, verbs]) =>
      h(
        "span",
        { class: "group", role: "group", "aria-label": title },
        verbs.map((verb) => {
          const button = h(
            "button",
            { type: "button", data: { verb }, title: VERBS[verb].says, class: VERBS[verb].danger ? "danger" : null },
            VERBS[verb].word,
          );
          button.addEventListener("click", () => one(pane, verb));
          buttons.set(verb, button);
          return button;
        }),
      ),
    ),
  );
  element.hidden = !may("operator");
  element.update = () => {
    for (const [verb, button] of buttons) button.disabled = !allowed(verb, pane);
  };
  return element;
}

function allowed(verb, pane) {
  const { steps, runs, whole } = VERBS[verb];
  const row = pane.execution?.execution;
  const run = pane.run?.run;
  if (row && !whole) return Boolean(steps?.includes(row.state));
  return Boolean(run && runs?.includes(run.state));
}

async function one(pane, verb) {
  if (verb === "rescue") return rescueOne(pane);
  const row = pane.execution?.execution;
  const whole = VERBS[verb].whole || !row;
  const aim = whole ? { runs: [pane.run.run.id] } : { jobs: [row.global_job_id] };
  const what = whole ? `the run of ${pane.run.run.dataset}` : `${row.process_name} of ${row.dataset}`;
  const asked =
    verb === "analyze"
      ? {}
      : await ask(`${VERBS[verb].word} ${what}?`, h("label", {}, "Why (it is kept)", h("input", { name: "reason", maxlength: "500", autocomplete: "off" })), {
          confirm: VERBS[verb].word,
          danger: VERBS[verb].danger,
        });
  if (asked === null) return;
  try {
    const command = await post("/commands", { verb, aim, reason: asked.reason ?? "" });
    notice(`${VERBS[verb].word} asked for: command ${command.id}.`);
    await pane.refresh();
    const ended = await follow(command.id, () => pane.refresh());
    // Over a question that was opened meanwhile it would be in the way: the pane's list of commands leads there too.
    if (ended && verb === "analyze" && !document.querySelector("dialog[open]")) await showCommand(command.id);
  } catch (error) {
    notice(error.message, "error");
  }
}

async function rescueOne(pane) {
  const command = await askRescue(pane.run.run, VERBS.rescue.word);
  if (!command) return;
  notice(`Rescue asked for: command ${command.id}.`);
  await pane.refresh();
  await follow(command.id, () => pane.refresh());
}

// Waits until a command has ended and tells what came of it; gives up with a word where daemons are silent.
export async function follow(id, tick = () => {}, patience = 60) {
  for (let waited = 0; waited < patience; waited++) {
    await new Promise((done) => setTimeout(done, 1000));
    let found;
    try {
      found = (await get(`/commands/${id}`)).command;
    } catch {
      continue;
    }
    await tick(found);
    if (!["queued", "running"].includes(found.state)) {
      notice(`Command ${id}, ${found.verb}: ${found.state}. ${found.result}`, found.state === "done" ? "good" : "error");
      return found;
    }
  }
  notice(`Command ${id} waits still; its row in History tells what comes of it.`);
  return null;
}

// The commands that were aimed at a run, with who, why and their result.
export function commandList(pane) {
  const element = h("div", { class: "command-list" });
  let seen = "";
  const update = async () => {
    if (!pane.run) return;
    let found;
    try {
      found = await get(`/runs/${encodeURIComponent(pane.run.run.id)}/commands`);
    } catch {
      return;
    }
    const now = JSON.stringify(found);
    if (now === seen) return;
    seen = now;
    if (!found.length) return void replace(element, h("p", { class: "muted" }, "None yet."));
    replace(
      element,
      h(
        "ul",
        { class: "plain" },
        found.map((one) =>
          h(
            "li",
            {},
            state(one.state),
            " ",
            h("button", { type: "button", class: "link", on: { click: () => showCommand(one.id) } }, one.verb),
            ` by ${one.requested_by}, `,
            timeElement(one.requested_at),
            one.reason ? `: “${one.reason}”` : "",
            one.result ? h("pre", { class: "result" }, one.result) : "",
          ),
        ),
      ),
    );
  };
  return { element, update };
}

// A command with everything that it was aimed at; what Analyze has found stands there in full.
export async function showCommand(id) {
  const { command, targets } = await get(`/commands/${id}`);
  const rows = targets.map((one) =>
    h(
      "tr",
      {},
      h("td", {}, one.dataset ?? one.name),
      h("td", {}, one.process_name ?? one.kind),
      h("td", {}, state(one.state)),
      h("td", {}, result(one.result)),
    ),
  );
  const facts = [
    ["Who", command.requested_by],
    ["When", timeElement(command.requested_at)],
    ["Why", command.reason || "not said"],
    ["Of what", command.filter || command.scope || "named"],
    ["State", state(command.state)],
    ["Result", command.result],
    ["Targets", `${command.total}, ${command.done} done, ${command.failed} failed`],
  ];
  const list = rows.length ? h("div", { class: "scroll tall" }, h("table", { class: "grid small" }, h("tbody", {}, rows))) : null;
  await ask(
    `Command ${id}: ${command.verb}`,
    [
      h(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
      ),
      list,
    ],
    { confirm: "Close", wide: true },
  );
}

const result = (text) => (text.includes("\n") ? h("pre", { class: "result" }, text) : text);
