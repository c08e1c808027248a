// By dataset: one row a run, one cell a step with its state, as OPUS's blackboard was read.
import { h } from "./dom.js";
import { duration, tone } from "./format.js";
import { DataTable } from "./table.js";

export function datasetTable({ open, ...common }) {
  const steps = { name: "steps", heading: "STEPS", kind: "steps", sort: false, filter: false, shown: true, choices: [] };
  const table = {
    ...common.table,
    columns: [common.table.columns[0], common.table.columns[2], steps, ...common.table.columns.slice(1).filter((one) => one.name !== "state")],
  };
  const flat = ({ rows, ...page }) => ({ ...page, rows: rows.map(({ run, steps: cells }) => ({ ...run, steps: cells })) });
  return new DataTable({
    ...common,
    table,
    first: common.first ? flat(common.first) : null,
    flat,
    path: "/datasets",
    label: (row) => row.dataset,
    onOpen: (row, element) => open({ runId: row.id, tab: "dag" }, element),
    cells: { steps: (row) => strip(row, open) },
  });
}

function strip(row, open) {
  return h(
    "span",
    { class: "steps" },
    row.steps.map((cell) => {
      const bad = cell.state === "Exited" && cell.exit_code ? ` ${cell.exit_code}` : "";
      const words = `${cell.process_name}: ${cell.state}${bad}${cell.duration ? `, ${duration(cell.duration)}` : ""}${cell.starts > 1 ? `, ${cell.starts} starts` : ""}`;
      const button = h(
        "button",
        { type: "button", class: `step ${tone(cell.state, cell)}`, title: words, "aria-label": `${short(cell.process_name)}: ${words}` },
        short(cell.process_name),
      );
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        open({ job: cell.global_job_id, startNumber: cell.start_number }, button.closest("tr"));
      });
      return button;
    }),
  );
}

// LEVEL_2A → L2A, INGEST_05 → I05: as much as tells the steps of one workflow apart.
function short(name) {
  const words = (name ?? "?").split("_");
  if (words.length === 1) return name.slice(0, 5);
  return words.map((word, at) => (at === words.length - 1 ? word.slice(0, 3) : word.slice(0, 1))).join("");
}
