// Monitor: by step the talk's table, by dataset one row a run; the pane of a row, bulk work, saved views.
import { bulkBar } from "./bulk.js";
import { datasetTable } from "./datasets.js";
import { byId } from "./dom.js";
import { Pane } from "./pane.js";
import { start } from "./start.js";
import { DataTable } from "./table.js";
import { savedViews } from "./views.js";

export function run() {
  let opened = null;
  const pane = new Pane(byId("pane"), { onClose: () => opened?.classList.remove("opened") });
  const open = (what, element) => {
    opened?.classList.remove("opened");
    opened = element ?? null;
    opened?.classList.add("opened");
    return pane.open(what);
  };
  const bar = byId("bulk");
  let table = null;
  const name = start.table.name;
  const tell = bulkBar(bar, () => table, { name, refresh: () => table.refresh() });
  const common = { place: byId("table"), table: start.table, first: start.first, onSelect: tell };
  if (name === "datasets") table = datasetTable({ ...common, open });
  else {
    table = new DataTable({
      ...common,
      path: "/executions",
      label: (row) => `${row.process_name ?? "step"} of ${row.dataset ?? row.global_job_id}`,
      onOpen: (row, element) => open({ job: row.global_job_id, startNumber: row.start_number }, element),
    });
  }
  savedViews("monitor", table);
}
