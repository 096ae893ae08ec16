// GraphQL Code Generator and TypeScript: what is generated from the schema compiles, and a program
// that uses it runs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ask, server } from "./server.js";

const folder = fileURLToPath(new URL("codegen", import.meta.url));
const require = createRequire(import.meta.url);

/** Runs a program of node_modules; fails with what it says. */
async function run(program, ...parameters) {
  try {
    await promisify(execFile)(require.resolve(`.bin/${program}`), parameters, { cwd: folder });
  } catch (error) {
    throw new Error(`${program}: ${error.stdout}${error.stderr}`);
  }
}

let program;

before(async () => {
  await rm(`${folder}/generated`, { recursive: true, force: true });
  await run("graphql-codegen", "--config", "codegen.json");
  await run("tsc", "--project", ".");
  program = await import("./codegen/generated/js/program.js");
});

test("a list with a filter", async () => {
  const titles = await program.titles(server.graphql, "anagrafe-e-stato-civile");
  assert.ok(titles.includes("Cambio di residenza"), titles);
});

test("one item by its slug", async () => {
  const { services } = await ask("{ services(first: 1) { nodes { id slug } } }");
  const [{ id, slug }] = services.nodes;
  assert.equal(await program.identifier(server.graphql, slug), id);
});

test("a union", async () => {
  const { services } = await ask("{ services(first: 1) { nodes { path identifier } } }");
  const [{ path, identifier }] = services.nodes;
  assert.equal(await program.kind(server.graphql, path), identifier);
  assert.match(await program.kind(server.graphql, "/servizi/altro/imu"), /^301 /);
  assert.equal(await program.kind(server.graphql, "/nothing/at/all"), "nothing");
});
