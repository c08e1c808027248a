// The DAG of a run or of templates: dagre says where the nodes go, states colour them and are brought up to date in place.
import dagre from "@dagrejs/dagre";
import { get } from "./api.js";
import { h, replace, s } from "./dom.js";
import { duration, tone } from "./format.js";

const WIDTH = 168;
const HEIGHT = 44;
const MOST = 400;

export function dagView(pane) {
  const place = h("div", { class: "dag" });
  const words = h("p", { class: "muted" });
  const element = h("div", {}, words, place);
  let graph = null;
  const update = async () => {
    if (!pane.run) return;
    let found;
    try {
      found = await get(`/runs/${encodeURIComponent(pane.run.run.id)}/dag`);
    } catch (error) {
      words.textContent = error.message;
      return;
    }
    words.textContent = found.source === "file" ? "" : "The DAG file can't be read here: drawn by what the steps say of their parents.";
    if (!graph?.same(found)) {
      graph = drawDag(found, (node) => node.global_job_id && pane.step(node.global_job_id, node.start_number, "overview"));
      replace(place, graph.element);
    }
    graph.update(found, pane.execution?.execution.process_name);
  };
  return { element, update };
}

// found: { nodes: [{ name, state, … }], edges: [[parent, child]] }
export function drawDag(found, onOpen) {
  const shape = JSON.stringify([found.nodes.map((node) => node.name), found.edges]);
  const same = (other) => JSON.stringify([other.nodes.map((node) => node.name), other.edges]) === shape;
  if (found.nodes.length > MOST) return { ...asList(found, onOpen), same };
  const layout = new dagre.graphlib.Graph();
  layout.setGraph({ rankdir: "TB", nodesep: 22, ranksep: 34, marginx: 8, marginy: 8 });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const node of found.nodes) layout.setNode(node.name, { width: WIDTH, height: HEIGHT });
  for (const [parent, child] of found.edges) layout.setEdge(parent, child);
  dagre.layout(layout);
  const { width, height } = layout.graph();
  const edges = layout.edges().map((edge) => s("path", { class: "edge", d: curve(layout.edge(edge).points), "marker-end": "url(#arrow)" }));
  const drawn = new Map(found.nodes.map((node) => [node.name, drawNode(node, layout.node(node.name), onOpen)]));
  const arrow = s(
    "marker",
    { id: "arrow", viewBox: "0 0 8 8", refX: "7", refY: "4", markerWidth: "7", markerHeight: "7", orient: "auto-start-reverse" },
    s("path", { d: "M0 0L8 4L0 8z", class: "arrowhead" }),
  );
  const element = s(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": `DAG of ${found.nodes.length} nodes` },
    s("defs", {}, arrow),
    edges,
    [...drawn.values()].map((one) => one.element),
  );
  const update = (now, current) => {
    for (const node of now.nodes) drawn.get(node.name)?.update(node, node.name === current);
  };
  update(found, null);
  return { element, same, update };
}

function drawNode(node, at, onOpen) {
  const under = s("text", { x: 10, y: 35, class: "under" });
  const name = node.name.length > 22 ? `${node.name.slice(0, 21)}…` : node.name;
  const element = s(
    "g",
    { transform: `translate(${at.x - WIDTH / 2} ${at.y - HEIGHT / 2})`, tabindex: "0", role: onOpen ? "button" : "img" },
    s("rect", { width: WIDTH, height: HEIGHT, rx: 7 }),
    s("text", { x: 10, y: node.state === undefined ? 26 : 18, class: "name" }, name),
    " ", // else name and state would be read as one word
    under,
  );
  let last = node;
  const open = () => onOpen?.(last);
  element.addEventListener("click", open);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open();
    }
  });
  const update = (now, current) => {
    last = now;
    const words = stateWords(now);
    element.setAttribute("class", `node ${now.state ? tone(now.state, now) : "none"}${current ? " current" : ""}`);
    if (!onOpen) element.setAttribute("aria-label", `${now.name} ${words}`.trim());
    under.textContent = words;
  };
  return { element, update };
}

function stateWords(node) {
  if (!node.state) return onlyName(node) ? "" : "not started";
  const code = node.state === "Exited" && node.exit_code ? ` ${node.exit_code}` : "";
  const starts = node.starts > 1 ? ` · ${node.starts} starts` : "";
  const took = node.duration ? ` · ${duration(node.duration)}` : "";
  return `${node.state}${code}${took}${starts}`;
}

const onlyName = (node) => node.state === undefined;

function curve(points) {
  const [first, ...rest] = points;
  if (rest.length < 2) return `M${first.x} ${first.y}L${rest[0].x} ${rest[0].y}`;
  let d = `M${first.x} ${first.y}`;
  for (let at = 0; at < rest.length - 1; at++) {
    const middle = at === rest.length - 2 ? rest[at + 1] : { x: (rest[at].x + rest[at + 1].x) / 2, y: (rest[at].y + rest[at + 1].y) / 2 };
    d += `Q${rest[at].x} ${rest[at].y} ${middle.x} ${middle.y}`;
  }
  return d;
}

function asList(found, onOpen) {
  const items = new Map(found.nodes.map((node) => [node.name, h("li", {})]));
  const element = h("div", {}, h("p", {}, `${found.nodes.length} nodes are too many to draw: as a list.`), h("ul", {}, [...items.values()]));
  const update = (now) => {
    for (const node of now.nodes) {
      const words = `${node.name}: ${stateWords(node)}`;
      replace(items.get(node.name), onOpen ? h("button", { type: "button", class: "link", on: { click: () => onOpen(node) } }, words) : words);
    }
  };
  return { element, update };
}
