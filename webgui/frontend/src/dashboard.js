// Dashboard: is everything all right, at one look. Every number leads to the list behind it.
import { get } from "./api.js";
import { timeBars } from "./charts.js";
import { byId, h, replace } from "./dom.js";
import { ago, duration, number, state, time, tone } from "./format.js";
import { start } from "./start.js";

const SILENT = 30_000; // milliseconds without a heartbeat
const STATES = ["Waiting", "Claimed", "Active", "Failed", "Done", "Removed"];
const RUNS = ["Claimed", "Idle", "Running", "Futile", "Held", "Failed", "Aborted", "Lost", "Done"];
const STEPS = ["Idle", "Starting", "Running", "Suspended", "Held", "Evicted", "Lost", "Aborted", "Exited"];
const RUN_ACTIVE = ["Claimed", "Idle", "Running", "Futile", "Held"];

let chart = null;
const seen = new Map();

export function run() {
  byId("hours").addEventListener("change", () => {
    chart?.end();
    chart = null;
    look();
  });
  const again = async () => {
    if (!document.hidden) await look();
    if (start.preferences.refresh) setTimeout(again, start.preferences.refresh * 1000);
  };
  again();
}

async function look() {
  const hours = Number(byId("hours").value);
  let found;
  try {
    found = await get("/dashboard", { hours });
  } catch {
    return; // the header's banner says it
  }
  byId("dash-at").textContent = `as of ${time(found.at)}`;
  verdict(found);
  tiles(found, hours);
  card("alerts", found.alerts, alerts);
  card("queue", found.queue, queue);
  card("failures", found.failures, failures);
  card("states", [found.runs, found.steps], states);
  card("campaigns", found.campaigns, campaigns);
  card("pool", poolOf(found), pool);
  card("daemons", [found.daemons, found.at], daemons);
  throughput(found.throughput);
}

// A card is drawn anew only where what it shows has changed: focus and reading go on.
function card(name, value, draw) {
  const now = JSON.stringify(value);
  if (seen.get(name) === now) return;
  seen.set(name, now);
  replace(document.querySelector(`[data-card="${name}"]`), draw(value));
}

const href = (path, query = {}) => {
  const text = new URLSearchParams(query).toString();
  return `${start.root}${path}${text ? `?${text}` : ""}`;
};
const a = (words, path, query) => h("a", { href: href(path, query) }, words);
const sum = (values) => values.reduce((total, one) => total + one, 0);
const alive = (one, at) => !one.stopped_at && Math.abs(new Date(at) - new Date(one.heartbeat)) < SILENT;

function verdict(found) {
  const bad = [];
  const running = found.daemons.filter((one) => !one.stopped_at);
  const silent = running.filter((one) => !alive(one, found.at));
  for (const name of ["shoveler", "owld"]) if (!running.some((one) => one.name === name && alive(one, found.at))) bad.push(`no ${name} is alive`);
  for (const one of silent) bad.push(`${one.name} on ${one.host} is silent`);
  if (found.alerts.length) bad.push(`${found.alerts.length} alert${found.alerts.length > 1 ? "s" : ""}`);
  const held = found.steps.Held?.number ?? 0;
  if (held) bad.push(`${number(held)} steps held`);
  const place = byId("verdict");
  place.className = `verdict ${bad.length ? "bad" : "good"}`;
  place.textContent = bad.length
    ? `To be looked at: ${[...new Set(bad)].join("; ")}.`
    : "Everything is all right: daemons are alive, nothing is held, no alert is open.";
}

function tiles(found, hours) {
  const waiting = sum(found.queue.filter((one) => one.state === "Waiting").map((one) => one.entries));
  const active = sum(RUN_ACTIVE.map((name) => found.runs[name] ?? 0));
  const running = found.steps.Running;
  const failed = sum(found.failures.map((one) => one.number));
  const done = sum(found.throughput.map((one) => one.done));
  const slots = poolOf(found);
  const some = [
    ["requests wait", number(waiting), href("/queue", { state: "Waiting" }), ""],
    ["runs active", number(active), href("/history", { show: "runs", state: "active" }), ""],
    ["steps running", counted(running), href("/monitor", { state: "Running" }), "run"],
    ["steps failed", number(failed), href("/triage"), failed ? "bad" : ""],
    [`runs done in ${hours} h`, number(done), href("/history", { show: "runs", state: "Done", ended_at: `-${hours}h` }), ""],
    ["slots busy", slots ? `${number(slots.busy)} of ${number(slots.slots)}` : "unknown", "#t-pool", ""],
  ];
  const now = JSON.stringify(some);
  if (seen.get("tiles") === now) return;
  seen.set("tiles", now);
  replace(
    byId("tiles"),
    some.map(([words, value, to, kind]) => h("a", { class: `tile ${kind}`, href: to }, h("b", {}, value), h("span", {}, words))),
  );
}

const counted = (one) => (one ? `${one.exact ? "" : ">"}${number(one.number)}` : "0");

function alerts(found) {
  byId("alerts-card").hidden = found.length === 0;
  return h(
    "ul",
    { class: "plain" },
    found.map((one) =>
      h(
        "li",
        { class: "says" },
        h("b", {}, one.text),
        h("small", {}, ` since ${time(one.raised_at)}`),
        (one.details?.causes ?? []).map((cause) =>
          h("div", {}, `${cause.failures ?? ""}× ${cause.step ?? "?"} exit ${cause.exit_code ?? "–"}: ${cause.says ?? ""}`),
        ),
      ),
    ),
  );
}

function queue(cells) {
  if (!cells.length) return h("p", { class: "muted" }, "The queue has never held anything.");
  const priorities = [...new Set(cells.map((one) => one.priority))].sort((x, y) => y - x);
  const shown = priorities.slice(0, 12);
  const at = (name, priority) => sum(cells.filter((one) => one.state === name && one.priority === priority).map((one) => one.entries));
  const columns = STATES.filter((name) => cells.some((one) => one.state === name));
  const head = h(
    "tr",
    {},
    h("th", { scope: "col" }, "Priority"),
    columns.map((name) => h("th", { scope: "col", class: "k-number" }, name)),
  );
  const row = (priority) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, a(String(priority), "/queue", { priority })),
      columns.map((name) => {
        const value = at(name, priority);
        return h("td", { class: "k-number" }, value ? a(number(value), "/queue", { state: name, priority }) : "");
      }),
    );
  const all = h(
    "tr",
    { class: "sum" },
    h("th", { scope: "row" }, "all"),
    columns.map((name) =>
      h("td", { class: "k-number" }, a(number(sum(cells.filter((one) => one.state === name).map((one) => one.entries))), "/queue", { state: name })),
    ),
  );
  return scroll("Queue by state and priority", h("table", { class: "grid small" }, h("thead", {}, head), h("tbody", {}, shown.map(row), all)));
}

const scroll = (label, table) => h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${label}: table` }, table);

function failures(found) {
  if (!found.length) return h("p", { class: "muted" }, "Nothing has failed.");
  const rows = found
    .slice(0, 8)
    .map((one) =>
      h(
        "tr",
        {},
        h("td", { class: "k-number" }, a(number(one.number), "/monitor", one.filters)),
        h("td", {}, one.process_name ?? "?"),
        h("td", {}, how(one)),
        h("td", {}, one.last ? ago(one.last) : ""),
      ),
    );
  const more = found.length > 8 ? ` ${found.length - 8} more causes.` : "";
  return h(
    "div",
    {},
    scroll(
      "Failures by cause",
      h(
        "table",
        { class: "grid small" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Count", "Step", "How", "Last"].map((one) => h("th", { scope: "col" }, one)),
          ),
        ),
        h("tbody", {}, rows),
      ),
    ),
    h("p", {}, a("Look into them and rescue", "/triage"), more),
  );
}

function how(one) {
  if (one.state !== "Exited") return state(one.state);
  return h("span", { class: "state bad" }, one.exit_signal ? `signal ${one.exit_signal}` : `exit ${one.exit_code ?? "unknown"}`);
}

function states([runs, steps]) {
  const line = (title, names, value, to) =>
    h(
      "div",
      { class: "state-line" },
      h("small", { class: "muted" }, title),
      names
        .filter((name) => value(name))
        .map((name) => h("a", { href: to(name) }, h("span", { class: `state ${name === "Exited" ? "gone" : tone(name)}` }, `${value(name)} ${name}`))),
    );
  return h(
    "div",
    { class: "stack" },
    line(
      "Runs",
      RUNS,
      (name) => (runs[name] ? number(runs[name]) : ""),
      (name) => href("/history", { show: "runs", state: name }),
    ),
    line(
      "Steps",
      STEPS,
      (name) => (steps[name]?.number ? counted(steps[name]) : ""),
      (name) => href("/monitor", { state: name }),
    ),
  );
}

function campaigns(found) {
  const open = found.filter((one) => !one.campaign.cancelled_at).slice(0, 8);
  if (!open.length) return h("p", { class: "muted" }, "There is no ", a("campaign", "/campaigns"), ".");
  const list = h(
    "ul",
    { class: "plain" },
    open.map((one) => {
      const count = (name) => one.entries[name] ?? 0;
      const all = sum(Object.values(one.entries));
      const ended = count("Done") + count("Failed") + count("Removed");
      const left = one.left === null ? "" : one.left > 0 ? `, ${duration(one.left)} to go` : "";
      const rate = one.rate === null ? "no rate yet" : `${number(Math.round(one.rate))} runs/h`;
      const name = one.campaign.name;
      return h(
        "li",
        {},
        h(
          "div",
          { class: "spread" },
          a(name, "/queue", { campaign: `=${name}` }),
          h("span", { class: "muted" }, `${all ? Math.floor((100 * ended) / all) : 0} % of ${number(all)}`),
        ),
        h("progress", { max: String(Math.max(1, all)), value: String(ended), "aria-label": `Progress of ${name}` }),
        h("small", { class: "muted" }, `${rate}${left}${one.pause ? `, paused by ${one.pause.paused_by}` : ""} `),
        count("Failed") ? h("small", {}, a(`${number(count("Failed"))} failed`, "/queue", { campaign: `=${name}`, state: "Failed" })) : null,
      );
    }),
  );
  return h("div", {}, list, h("p", {}, a("All campaigns", "/campaigns")));
}

// The pool's figures are those of the owld that spoke last.
function poolOf(found) {
  const known = found.daemons.filter((one) => one.facts?.slots !== undefined);
  known.sort((x, y) => (x.heartbeat < y.heartbeat ? 1 : -1));
  return known[0]?.facts ?? null;
}

function pool(facts) {
  if (!facts) return h("p", { class: "muted" }, "No owld has told of the pool yet.");
  const machines = Object.entries(facts.machines ?? {});
  const list = machines
    .slice(0, 40)
    .map(([name, [slots, busy]]) =>
      h(
        "li",
        { class: "machine" },
        a(name, "/monitor", { host: `*${name}`, state: "active" }),
        h("meter", { min: "0", max: String(Math.max(1, slots)), value: String(busy), "aria-label": `${name}: ${busy} of ${slots} slots busy` }),
        h("span", { class: "muted" }, `${busy}/${slots}`),
      ),
    );
  return h(
    "div",
    {},
    h(
      "p",
      {},
      h("b", {}, `${number(facts.busy)} of ${number(facts.slots)} slots busy`),
      `, ${number(facts.slots - facts.busy)} idle; jobs: `,
      a(`${number(facts.jobs_running ?? 0)} running`, "/monitor", { state: "Running" }),
      ", ",
      a(`${number(facts.jobs_idle ?? 0)} idle`, "/monitor", { state: "Idle" }),
      facts.duty_cycle ? `; schedd ${(100 * facts.duty_cycle).toFixed(0)} % busy` : "",
    ),
    h("ul", { class: "plain" }, list),
    h("p", {}, a("All machines, drain and undrain", "/machines"), machines.length > 40 ? ` (${machines.length - 40} more)` : ""),
  );
}

function daemons([found, at]) {
  const rows = found.map((one) => {
    const ok = alive(one, at);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, one.name),
      h("td", {}, one.host),
      h("td", {}, h("span", { class: `state ${one.stopped_at ? "gone" : ok ? "good" : "bad"}` }, one.stopped_at ? "stopped" : ok ? "alive" : "silent")),
      h("td", { title: time(one.heartbeat) }, ago(one.heartbeat)),
      h("td", { title: one.message }, one.message),
    );
  });
  return rows.length
    ? scroll(
        "Daemons",
        h(
          "table",
          { class: "grid small" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              ["Daemon", "Host", "State", "Heard of", "Says"].map((one) => h("th", { scope: "col" }, one)),
            ),
          ),
          h("tbody", {}, rows),
        ),
      )
    : h("p", { class: "muted" }, "None has been heard of.");
}

function throughput(buckets) {
  const now = JSON.stringify(buckets);
  if (seen.get("throughput") === now) return;
  seen.set("throughput", now);
  chart?.end();
  const times = buckets.map((one) => Date.parse(one.start) / 1000);
  const done = sum(buckets.map((one) => one.done));
  const bad = sum(buckets.map((one) => one.failed));
  chart = timeBars(byId("throughput"), `Runs that ended over time: ${done} done, ${bad} failed`, times, [
    { label: "done", tone: "good", values: buckets.map((one) => one.done) },
    { label: "failed", tone: "bad", values: buckets.map((one) => one.failed) },
  ]);
}
