// Templates: each workflow's files, parameters and DAG, a rendering with HTCondor's word on it, versions. Read only.
import { get, post } from "./api.js";
import { drawDag } from "./dag.js";
import { byId, h, replace } from "./dom.js";
import { number, timeElement } from "./format.js";
import { start } from "./start.js";

let names = [];

export async function run() {
  try {
    names = await get("/workflows");
  } catch (error) {
    return replace(byId("workflows"), h("p", { class: "refused" }, error.message));
  }
  const wanted = new URLSearchParams(location.search).get("name");
  show(names.some((one) => one.name === wanted) ? wanted : names[0]?.name);
  return null;
}

async function show(name) {
  if (!name) return replace(byId("workflow"), h("p", { class: "empty" }, "There is no workflow below the template root."));
  history.replaceState(null, "", `?name=${encodeURIComponent(name)}`);
  replace(
    byId("workflows"),
    names.map((one) =>
      h(
        "a",
        {
          href: `?name=${encodeURIComponent(one.name)}`,
          "aria-current": one.name === name ? "page" : null,
          on: {
            click: (event) => {
              event.preventDefault();
              show(one.name);
            },
          },
        },
        h("b", {}, one.name),
        h("small", {}, one.error || one.description),
      ),
    ),
  );
  let found;
  try {
    found = await get(`/workflows/${encodeURIComponent(name)}`);
  } catch (error) {
    return replace(byId("workflow"), h("p", { class: "refused" }, error.message));
  }
  const { info, files, dag, versions } = found;
  const head = [h("h2", {}, info.name), h("p", {}, info.description)];
  if (info.error) head.push(h("p", { class: "says" }, info.error));
  return replace(
    byId("workflow"),
    head,
    dag ? [h("h3", {}, "DAG"), h("div", { class: "dag" }, drawDag(bare(dag), null).element)] : null,
    h("h3", {}, "Parameters"),
    parameters(info.parameters),
    h("h3", {}, "Render for a dataset"),
    trial(info),
    h("h3", {}, "Templates"),
    fileList(files),
    h("h3", {}, "Versions that runs were made of"),
    versionTable(versions, info.name),
  );
}

const bare = (dag) => ({ ...dag, nodes: dag.nodes.map(({ state, ...node }) => node) });

function parameters(found) {
  const rows = Object.values(found).map((one) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, one.name),
      h("td", {}, one.type),
      h("td", {}, one.required ? "must be given" : `else ${JSON.stringify(one.default)}`),
      h("td", {}, one.description),
    ),
  );
  return rows.length
    ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Parameters" }, h("table", { class: "grid small" }, h("tbody", {}, rows)))
    : h("p", { class: "muted" }, "None.");
}

function fileList(files) {
  return h(
    "div",
    {},
    Object.entries(files).map(([name, text]) => h("details", {}, h("summary", { class: "mono" }, name), h("pre", { class: "result" }, text))),
  );
}

function versionTable(versions, name) {
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      ["Digest", "Runs", "First", "Last", ""].map((one) => h("th", { scope: "col" }, one || h("span", { class: "hidden" }, "Which"))),
    ),
  );
  const rows = versions.map((one) =>
    h(
      "tr",
      {},
      h("td", { class: "mono" }, one.digest.slice(0, 16)),
      h("td", { class: "k-number" }, h("a", { href: `${start.root}/history?show=runs&workflow=${encodeURIComponent(`=${name}`)}` }, number(one.runs))),
      h("td", {}, timeElement(one.first)),
      h("td", {}, timeElement(one.last)),
      h("td", {}, one.current ? "current" : ""),
    ),
  );
  return rows.length
    ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Versions" }, h("table", { class: "grid small" }, head, h("tbody", {}, rows)))
    : h("p", { class: "muted" }, "No run yet.");
}

function trial(info) {
  const result = h("div", { role: "status" });
  const inputs = Object.values(info.parameters).map((one) =>
    h(
      "label",
      {},
      `${one.name}${one.required ? " *" : ""}`,
      h("input", { name: one.name, required: one.required, placeholder: one.default === null ? "" : String(one.default), autocomplete: "off" }),
    ),
  );
  const form = h(
    "form",
    {},
    h(
      "div",
      { class: "form" },
      h("label", {}, "Dataset", h("input", { name: "-dataset", required: true, maxlength: "200", autocomplete: "off", spellcheck: "false" })),
      inputs,
    ),
    h("button", {}, "Render and check"),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { "-dataset": dataset, ...given } = Object.fromEntries(new FormData(form));
    const some = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
    replace(result, "Rendering, and asking HTCondor …");
    try {
      const found = await post(`/workflows/${encodeURIComponent(info.name)}/check`, { dataset, parameters: some });
      replace(result, h("p", { class: found.ok ? "well" : "says" }, found.ok ? "✓ " : "", found.text), fileList(found.files));
    } catch (error) {
      replace(result, h("p", { class: "says" }, error.message));
    }
  });
  return h("div", {}, form, result);
}
