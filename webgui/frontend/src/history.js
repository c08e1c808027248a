// History: finished runs, executions, commands and the audit as tables; rates and durations as charts.

import { link } from "./api.js";
import { bulkBar } from "./bulk.js";
import { showCommand } from "./commands.js";
import { byId } from "./dom.js";
import { Pane } from "./pane.js";
import { start } from "./start.js";
import { DataTable } from "./table.js";
import { savedViews } from "./views.js";

const PATHS = { runs: "/runs", executions: "/executions", commands: "/commands", audit: "/audit" };

export async function run() {
  if (!start.table) return (await import("./charts.js")).historyCharts(start.show);
  const name = start.table.name;
  const pane = new Pane(byId("pane"));
  const opens = {
    runs: (row) => pane.open({ runId: row.id, tab: "overview" }),
    executions: (row) => pane.open({ job: row.global_job_id, startNumber: row.start_number }),
    commands: (row) => showCommand(row.id),
  };
  let table = null;
  const tell = name === "runs" || name === "executions" ? bulkBar(byId("bulk"), () => table, { name, refresh: () => table.refresh() }) : () => {};
  table = new DataTable({ place: byId("table"), table: start.table, path: PATHS[name], onOpen: opens[name] ?? null, onSelect: tell });
  savedViews(`history-${start.show}`);
  byId("export")?.addEventListener("pointerdown", () => exportLinks(name, table));
  byId("export")?.addEventListener("keydown", () => exportLinks(name, table));
  return null;
}

// The links export what the table's filters match now, all of it.
function exportLinks(name, table) {
  for (const one of document.querySelectorAll("[data-export]")) one.href = link(`/export/${name}`, { ...table.query(), format: one.dataset.export });
}
