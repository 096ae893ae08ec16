// The server under test: `run` starts it and says in the environment where it is.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The demo municipality, which no test changes. */
export const server = address("TEST_URL");
/** Another one, for the tests that publish. */
export const changing = address("TEST_CHANGING_URL");

/** The root of the repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url));
/** The contract, as it stands in the repository. */
export const schema = () => readFile(join(root, "schema.graphql"), "utf8");

function address(name) {
  const base = process.env[name];
  if (!base) throw new Error(`${name} is not set: start the tests with tests/clients/run`);
  return { base, graphql: `${base}/graphql`, webSocket: `${base.replace(/^http/, "ws")}/graphql` };
}

/** Asks with no client at all; any error fails. */
export async function ask(query, variables = {}, { graphql } = server) {
  const response = await fetch(graphql, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, `${query}\n${JSON.stringify(errors)}`);
  return data;
}

/** What a list that is read page by page must be: everything once, and in this order. */
export function assertSame(items, expected, message) {
  assert.equal(new Set(items).size, items.length, `${message}: something comes twice`);
  assert.deepEqual(items, expected, message);
}

/** A fetch that keeps what was sent and what came back. */
export function recorded() {
  const exchanges = [];
  return {
    exchanges,
    fetch: async (address, options = {}) => {
      const response = await fetch(address, options);
      const method = options.method ?? "GET";
      exchanges.push({ method, address: String(address), body: options.body, answer: await response.clone().json() });
      return response;
    },
  };
}

/** Publishes topics (file name → title) in the changing municipality, by a program of its own. */
export async function publish(topics) {
  const folder = await mkdtemp(join(tmpdir(), "municipio-topics-"));
  try {
    for (const [name, title] of Object.entries(topics)) {
      const file = join(folder, "topics", `${name}.yaml`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `title: ${JSON.stringify(title)}\nshort_description: "Un argomento di prova"\n`);
    }
    const environment = { ...process.env, MUNICIPIO_DATA_DIR: process.env.TEST_CHANGING_DATA_DIR };
    await promisify(execFile)(process.env.TEST_PROGRAM, ["seed", "load", folder, "--tenant", "c_m999"], {
      cwd: folder,
      env: environment,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Publishes a topic and gives its id. */
export async function newTopic(name, title) {
  await publish({ [name]: title });
  const { topic } = await ask("query ($slug: Slug!) { topic(by: { slug: $slug }) { id } }", { slug: name }, changing);
  return topic.id;
}
