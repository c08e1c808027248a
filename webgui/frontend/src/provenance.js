// Provenance of a run: what it was made of, what it used, what came of it; to keep as JSON beside the products.
import { get, link } from "./api.js";
import { h, replace } from "./dom.js";
import { bytes, duration, number, state, time } from "./format.js";
import { factList, smallTable } from "./grid.js";

export function provenanceView(pane) {
  const element = h("div", {}, h("p", { class: "empty" }, "Loading …"));
  let seen = "";
  const update = async () => {
    const run = pane.run?.run;
    if (!run) return void replace(element, h("p", { class: "empty" }, "This job belongs to no run of OWL's."));
    const now = JSON.stringify([run.id, run.state, run.submission, pane.run.executions.map((one) => one.observed_at)]);
    if (now === seen) return;
    seen = now;
    try {
      replace(element, draw(await get(`/runs/${encodeURIComponent(run.id)}/provenance`)));
    } catch (error) {
      replace(element, h("p", { class: "empty refused" }, error.message));
    }
  };
  return { element, update };
}

function draw(found) {
  const { run, entry } = found;
  const save = h("a", { class: "button", href: link(`/runs/${encodeURIComponent(run.id)}/provenance`, { download: true }), download: "" }, "Download as JSON");
  const parameters = Object.entries(run.parameters).map(([name, value]) => h("div", { class: "mono" }, `${name} = ${value}`));
  const facts = [
    ["Asked for", `by ${entry.created_by}, ${time(entry.created_at)}, as DPQ entry ${entry.id}`],
    ["Submissions", `${number(found.submissions.length)}, the last asked for by ${found.submissions.at(-1)?.requested_by ?? "nobody"}`],
    ["Templates", h("span", { class: "mono" }, run.template_digest || "not rendered")],
    ["Parameters", parameters.length ? parameters : "none"],
    [
      "Operators",
      found.commands.length
        ? found.commands.map((one) => h("div", {}, `${one.verb} by ${one.requested_by}, ${time(one.requested_at)}${one.reason ? `: “${one.reason}”` : ""}`))
        : "nobody has intervened",
    ],
    ["Failures", found.failures.length ? found.failures.map((one) => h("div", {}, `${one.step || "the run"}, ${time(one.failed_at)}: ${one.says}`)) : "none"],
  ];
  return [
    h("div", { class: "line" }, save, h("span", { class: "muted" }, "All of it in one file, to be kept beside the products.")),
    factList(facts),
    h("h3", {}, "Products"),
    found.products.length
      ? smallTable("Products", ["File", "Size"], found.products.map(product))
      : h("p", { class: "muted" }, "None that the workflow names lies in the run's directory."),
    h("h3", {}, "Made of"),
    found.files.length ? h("div", { class: "plain" }, found.files.map(file)) : h("p", { class: "muted" }, "The run's files can't be read from here."),
    h("h3", {}, "Asked of HTCondor, and used"),
    smallTable(
      "Resources",
      ["Step", "State", "CPUs", "Memory asked", "Memory used", "CPU time", "Wall time", "Host"],
      found.executions.map((one) => used(one, found.resources)),
    ),
  ];
}

const product = (one) => h("tr", {}, h("td", { class: "mono" }, one.name), h("td", { class: "k-number" }, bytes(one.bytes)));

function file(one) {
  const title = h(
    "summary",
    {},
    h("span", { class: "mono" }, one.name),
    ` ${bytes(one.bytes)} `,
    h("small", { class: "muted mono", title: "SHA-256" }, one.sha256),
  );
  return h("details", {}, title, h("pre", { class: "result", tabindex: "0" }, one.text));
}

function used(one, resources) {
  const ad = resources[`${one.global_job_id} ${one.start_number}`] ?? {};
  const megabytes = (value) => (typeof value === "number" ? `${number(value)} MB` : "");
  const seconds = (value) => (typeof value === "number" ? duration(value) : "");
  return h(
    "tr",
    {},
    h("td", {}, one.process_name ?? "?"),
    h("td", {}, state(one.state, one)),
    h("td", { class: "k-number" }, typeof ad.RequestCpus === "number" ? number(ad.RequestCpus) : ""),
    h("td", { class: "k-number" }, megabytes(ad.RequestMemory)),
    h("td", { class: "k-number" }, megabytes(ad.MemoryUsage)),
    h("td", { class: "k-number" }, typeof ad.RemoteUserCpu === "number" ? duration(ad.RemoteUserCpu + (ad.RemoteSysCpu ?? 0)) : ""),
    h("td", { class: "k-number" }, seconds(ad.RemoteWallClockTime ?? one.duration)),
    h("td", { title: one.host ?? "" }, one.host ?? ""),
  );
}
