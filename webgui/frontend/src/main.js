// Every page's script: the header, shortcuts, and the page's own module, which is loaded only where it is needed.
import { header } from "./header.js";
import { shortcuts } from "./shortcuts.js";
import { start } from "./start.js";

const PAGES = {
  monitor: () => import("./monitor.js"),
};

header();
shortcuts();
const load = PAGES[start.page];
if (load) {
  const page = await load();
  page.run();
}
