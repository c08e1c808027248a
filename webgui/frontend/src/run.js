// One run, or one of its executions, as a page of its own.
import { byId } from "./dom.js";
import { Pane } from "./pane.js";
import { start } from "./start.js";

export function run() {
  const pane = new Pane(byId("pane"), { alone: true });
  const tab = new URLSearchParams(location.search).get("tab") ?? (start.job ? "overview" : "dag");
  pane.open({ runId: start.run, job: start.job, startNumber: start.number, tab, focus: false });
}
