// The pane of a row: the talk's "OWLD interface": state and history, DAG, commands, full job details, logs.
import { get } from "./api.js";
import { commandBar, commandList } from "./commands.js";
import { dagView } from "./dag.js";
import { details } from "./details.js";
import { byId, h, replace } from "./dom.js";
import { duration, mark, number, state, time, timeElement } from "./format.js";
import { logView } from "./logs.js";
import { start } from "./start.js";

const TABS = [
  ["overview", "State and history"],
  ["dag", "DAG"],
  ["details", "Full Job Details"],
  ["logs", "Logs"],
];
const ALIVE = new Set(["Claimed", "Idle", "Running", "Futile", "Held"]);

export class Pane {
  constructor(place, { onClose = () => {}, alone = false } = {}) {
    Object.assign(this, { place, onClose, alone, tab: "overview", opening: 0 });
    place.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !alone && !event.target.matches("input, select")) this.close();
    });
    setInterval(() => this.refresh(), Math.max(2, start.preferences?.refresh || 5) * 1000);
  }

  // What is shown: a job and its start, or a run alone.
  async open({ job = null, startNumber = 0, runId = null, tab = this.tab, focus = true }) {
    this.opening += 1;
    const fresh = this.opening;
    Object.assign(this, { job, startNumber, runId, tab, run: null, execution: null });
    this.returnTo = this.place.contains(document.activeElement) ? this.returnTo : document.activeElement;
    this.place.hidden = false;
    document.body.classList.add("with-pane");
    replace(this.place, h("p", { class: "empty" }, "Loading …"));
    try {
      await this.#load();
    } catch (error) {
      if (fresh === this.opening) replace(this.place, this.#head(error.message, ""), h("p", { class: "empty refused" }, error.message));
      return;
    }
    if (fresh !== this.opening) return;
    this.#build();
    if (focus) this.place.querySelector("h2").focus();
  }

  close() {
    this.opening++;
    this.place.hidden = true;
    document.body.classList.remove("with-pane");
    this.view?.end?.();
    this.view = null;
    this.onClose();
    this.returnTo?.focus?.();
  }

  async refresh() {
    if (this.place.hidden || document.hidden || !this.head) return;
    const before = this.opening;
    try {
      await this.#load();
    } catch {
      return; // the header says what is away
    }
    if (before === this.opening && !this.place.hidden) this.#update();
  }

  async #load() {
    const execution = this.job ? await get(`/executions/${encodeURIComponent(this.job)}/${this.startNumber}`) : null;
    const runId = this.runId ?? execution?.run_id;
    const run = runId ? await get(`/runs/${encodeURIComponent(runId)}`) : null;
    Object.assign(this, { execution, run });
  }

  #build() {
    this.view?.end?.();
    const row = this.execution?.execution;
    this.head = h("div", { class: "pane-state" });
    this.bar = commandBar({ pane: this });
    const tabs = h(
      "div",
      { role: "tablist", "aria-label": "What is shown", class: "tabs" },
      TABS.map(([name, words]) => this.#tab(name, words)),
    );
    this.body = h("div", { class: "pane-body", id: "pane-body", role: "tabpanel", tabindex: "0", "aria-labelledby": `tab-${this.tab}` });
    const title = row ? `${row.process_name ?? "step"} · ${row.dataset ?? ""}` : `${this.run.run.dataset} · ${this.run.run.workflow}`;
    replace(this.place, this.#head(title, row?.global_job_id ?? this.run.run.id), this.head, this.bar, tabs, this.body);
    this.#show();
    this.#update();
  }

  #head(title, under) {
    const link = this.run
      ? `${start.root}/run/${encodeURIComponent(this.run.run.id)}${this.job ? `?job=${encodeURIComponent(this.job)}&start=${this.startNumber}` : ""}`
      : null;
    return h(
      "div",
      { class: "pane-head" },
      h("div", {}, h("h2", { tabindex: "-1" }, title), h("div", { class: "mono muted" }, under)),
      link && !this.alone ? h("a", { class: "button", href: link, title: "A page of its own; its address can be passed on" }, "Open as page") : null,
      this.alone ? null : h("button", { type: "button", class: "ghost close", "aria-label": "Close the pane", on: { click: () => this.close() } }, "×"),
    );
  }

  #tab(name, words) {
    const tab = h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-selected": String(name === this.tab),
        "aria-controls": "pane-body",
        tabindex: name === this.tab ? "0" : "-1",
      },
      words,
    );
    tab.addEventListener("click", () => this.#turn(name));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const at = TABS.findIndex(([one]) => one === this.tab);
      this.#turn(TABS[(at + step + TABS.length) % TABS.length][0]);
      byId(`tab-${this.tab}`).focus();
    });
    return tab;
  }

  #turn(name) {
    this.tab = name;
    for (const tab of this.place.querySelectorAll('[role="tab"]')) {
      const on = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(on));
      tab.setAttribute("tabindex", on ? "0" : "-1");
    }
    this.body.setAttribute("aria-labelledby", `tab-${name}`);
    this.view?.end?.();
    this.#show();
  }

  #show() {
    const make = { overview: () => overview(this), dag: () => dagView(this), details: () => details(this), logs: () => logView(this) };
    this.view = make[this.tab]();
    replace(this.body, this.view.element);
    this.view.update();
  }

  #update() {
    const row = this.execution?.execution;
    const run = this.run?.run;
    const facts = [];
    if (row)
      facts.push(
        ["Step", [mark(row.mark), " ", state(row.state, row)]],
        ["Exit code", row.exit_code ?? (row.exit_signal ? `signal ${row.exit_signal}` : "–")],
        ["Duration", duration(row.duration) || "–"],
      );
    if (run) facts.push(["Run", state(run.state)], ["Workflow", run.workflow], ["Priority", number(run.priority)]);
    replace(
      this.head,
      facts.map(([name, value]) => h("span", {}, h("small", {}, name), " ", value)),
    );
    const words = row?.hold_reason || run?.error || row?.exit_reason;
    if (words && (row?.state === "Held" || run?.error)) this.head.append(h("p", { class: "says" }, words));
    this.bar.update();
    this.view?.update();
  }

  // A step of the same run: what a click in the DAG or the history leads to.
  step(job, startNumber, tab = this.tab) {
    return this.open({ job, startNumber, tab });
  }

  get alive() {
    return ALIVE.has(this.run?.run.state);
  }
}

function overview(pane) {
  const executions = h("tbody");
  const submissions = h("tbody");
  const facts = h("dl", { class: "facts" });
  const commands = commandList(pane);
  const element = h(
    "div",
    {},
    h("h3", {}, "Executions of this run"),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Executions of this run" },
      h(
        "table",
        { class: "grid small" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Step", "Start", "State", "Exit", "Began", "Duration", "Host", "Told by"].map((one) => h("th", { scope: "col" }, one)),
          ),
        ),
        executions,
      ),
    ),
    h("h3", {}, "Commands"),
    commands.element,
    h("h3", {}, "Submissions"),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Submissions" },
      h(
        "table",
        { class: "grid small" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["No.", "State", "Asked by", "Why", "Submitted", "Ended", "DAGMan job"].map((one) => h("th", { scope: "col" }, one)),
          ),
        ),
        submissions,
      ),
    ),
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
