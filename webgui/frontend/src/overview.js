// State and history of a run: its executions, the commands that were aimed at it, its submissions, where it comes from.
import { commandList } from "./commands.js";
import { h, replace } from "./dom.js";
import { duration, state, time, timeElement } from "./format.js";
import { framed } from "./grid.js";
import { start } from "./start.js";

export function overview(pane) {
  const executions = h("tbody");
  const submissions = h("tbody");
  const facts = h("dl", { class: "facts" });
  const commands = commandList(pane);
  const element = h(
    "div",
    {},
    h("h3", {}, "Executions of this run"),
    framed("Executions of this run", ["Step", "Start", "State", "Exit", "Began", "Duration", "Host", "Told by"], executions),
    h("h3", {}, "Commands"),
    commands.element,
    h("h3", {}, "Submissions"),
    framed("Submissions", ["No.", "State", "Asked by", "Why", "Submitted", "Ended", "DAGMan job"], submissions),
    h("h3", {}, "Run"),
    facts,
  );
  let seen = "";
  const update = () => {
    commands.update();
    if (!pane.run) return;
    const now = JSON.stringify([pane.run, pane.job, pane.startNumber]);
    if (now === seen) return;
    seen = now;
    replace(
      executions,
      pane.run.executions.map((row) => executionRow(pane, row)),
    );
    replace(submissions, pane.run.submissions.map(submissionRow));
    replace(
      facts,
      runFacts(pane.run).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    );
  };
  return { element, update };
}

function executionRow(pane, row) {
  const here = row.global_job_id === pane.job && row.start_number === pane.startNumber;
  const open = h(
    "button",
    { type: "button", class: "link", "aria-current": here ? "true" : null, on: { click: () => pane.step(row.global_job_id, row.start_number) } },
    row.process_name ?? "?",
  );
  const exit = row.exit_signal ? `signal ${row.exit_signal}` : (row.exit_code ?? "");
  return h(
    "tr",
    { class: here ? "selected" : null },
    h("td", {}, open),
    h("td", {}, String(row.start_number)),
    h("td", {}, state(row.state, row)),
    h("td", { class: "k-number" }, String(exit)),
    h("td", {}, timeElement(row.start_time)),
    h("td", { class: "k-duration" }, duration(row.duration)),
    h("td", { title: row.host ?? "" }, row.host ?? ""),
    h("td", {}, row.source),
  );
}

function submissionRow(one) {
  const job = one.schedd && one.cluster ? `${one.schedd}#${one.cluster}.0` : "";
  return h(
    "tr",
    {},
    h("td", {}, String(one.number)),
    h("td", {}, state(one.state)),
    h("td", {}, one.requested_by),
    h("td", { title: one.reason }, one.reason || (one.number ? "rescue" : "first submission")),
    h("td", {}, timeElement(one.submitted_at)),
    h("td", {}, timeElement(one.ended_at)),
    h("td", { class: "mono" }, job),
  );
}

function runFacts({ run, entry }) {
  const digest = run.template_digest;
  return [
    ["Run", h("span", { class: "mono" }, run.id)],
    ["DPQ entry", h("a", { href: `${start.root}/queue?id=${entry.id}` }, `${entry.id} (${entry.state})`)],
    ["Asked for by", `${entry.created_by}, ${time(entry.created_at)}`],
    ["Campaign", run.campaign ? h("a", { href: `${start.root}/monitor?campaign=${encodeURIComponent(`=${run.campaign}`)}` }, run.campaign) : "none"],
    ["Owner", run.owner],
    [
      "Parameters",
      Object.entries(run.parameters)
        .map(([name, value]) => `${name} = ${value}`)
        .join(", ") || "none",
    ],
    [
      "Templates",
      digest ? h("a", { class: "mono", href: `${start.root}/templates?name=${encodeURIComponent(run.workflow)}` }, digest.slice(0, 12)) : "not rendered yet",
    ],
    ["Work directory", h("span", { class: "mono" }, run.work_dir)],
  ];
}
