#!/usr/bin/env node
// Builds dist/, which the pipeline publishes: the worker in one file, the static files, and the commit that they are of.
//
//   node build.mjs COMMIT
//
// It stands in for your own build. With esbuild the worker is:
//
//   esbuild src/index.js --bundle --format=esm --outfile=dist/worker.js
//
// The same commit must give the same files: the pipeline publishes a version only where the content differs.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const commit = process.argv[2];
if (!commit) {
  process.stderr.write("build: want the commit: node build.mjs COMMIT\n");
  process.exit(1);
}

// bundle puts what a file imports in front of it. It knows the imports and exports of this example only.
function bundle(file, seen = new Set()) {
  if (seen.has(file)) return "";
  seen.add(file);
  let imported = "";
  const own = readFileSync(file, "utf8").replace(/^import .* from "(\.[^"]+)";\n/gm, (_, path) => {
    imported += bundle(join(dirname(file), path), seen).replace(/^export (?=const|function|class)/gm, "");
    return "";
  });
  return imported + own;
}

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
writeFileSync("dist/worker.js", bundle("src/index.js"));
writeFileSync("dist/commit", `${commit}\n`);
cpSync("public", "dist/public", { recursive: true });
