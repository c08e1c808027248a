// Makes webgui/static/dist: scripts, styles, and a manifest that tells their hashed names.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "dist");
const fresh = `${out}.new-${process.pid}`;
mkdirSync(fresh, { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: ["src/main.js", "src/login.js", "src/style.css"],
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["chrome115", "firefox115", "safari16.4"],
  minify: true,
  metafile: true,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".svg": "file" },
  legalComments: "eof",
  logLevel: "warning",
});

const files = {};
let shared = [];
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  if (!output.entryPoint) continue;
  files[basename(output.entryPoint)] = basename(path);
  if (output.entryPoint === "src/main.js") {
    shared = output.imports.filter((one) => one.kind === "import-statement").map((one) => basename(one.path));
  }
}
const digest = createHash("sha256");
for (const path of Object.keys(result.metafile.outputs).sort()) digest.update(readFileSync(join(here, path)));
writeFileSync(join(fresh, "manifest.json"), `${JSON.stringify({ files, shared, digest: digest.digest("hex") }, null, 2)}\n`);
// The old files go in one move: a server never sees half of the new ones.
rmSync(`${out}.old`, { recursive: true, force: true });
try {
  renameSync(out, `${out}.old`);
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}
renameSync(fresh, out);
rmSync(`${out}.old`, { recursive: true, force: true });
console.log(`built ${Object.keys(result.metafile.outputs).length} files in ${relative(process.cwd(), out)}`);
