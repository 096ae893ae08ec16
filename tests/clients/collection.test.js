// The collection for API clients does what docs/editing.md says, and says it in the same words.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import newman from "newman";
import { changing, root } from "./server.js";

const collection = JSON.parse(
  await readFile(join(root, "examples", "postman", "editing.postman_collection.json"), "utf8"),
);

/** An account of the municipality that the tests change. */
function account(email, password) {
  const account = ["--tenant", "c_m999", "--email", email, "--name", "Anna Rossi", "--role", "editor"];
  execFileSync(process.env.TEST_PROGRAM, ["user", "create", ...account, "--password-stdin"], {
    input: `${password}\n`,
    env: { ...process.env, MUNICIPIO_DATA_DIR: process.env.TEST_CHANGING_DATA_DIR },
  });
}

test("the collection leads from sign-in to a published, translated, scheduled service", async () => {
  const [email, password] = ["collection@montelago.example", "a sloop of 17 brass lanterns"];
  account(email, password);
  const values = Object.entries({ baseUrl: changing.base, email, password });
  const { run } = await promisify(newman.run)({
    collection,
    envVar: values.map(([key, value]) => ({ key, value })),
  });
  assert.deepEqual(
    run.failures.map(({ source, error }) => `${source.name}: ${error.message}`),
    [],
  );
  assert.ok(run.stats.assertions.total >= 25, `only ${run.stats.assertions.total} assertions`);
  assert.equal(run.stats.requests.total, collection.item.length);
});

test("the page for developers of editors has the requests of the collection", async () => {
  const page = await readFile(join(root, "docs", "editing.md"), "utf8");
  const blocks = (language) => [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)\n\`\`\`$`, "gms"))].map(([, text]) => text);
  const requests = collection.item.map(({ request }) => request.body.graphql);
  assert.deepEqual(
    blocks("graphql"),
    requests.map(({ query }) => query),
  );
  assert.deepEqual(
    blocks("json"),
    requests.flatMap(({ variables }) => variables ?? []),
  );
});
