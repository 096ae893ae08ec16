// The starter of `examples/typescript` does what its README says.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { root, server } from "./server.js";

test("the typed client in TypeScript compiles and lists the services of a category", async () => {
  const folder = join(root, "examples", "typescript");
  const { stdout } = await promisify(execFile)("npm", ["start", "--silent", "--", server.graphql], { cwd: folder });
  assert.match(stdout, /^Cambio di residenza \(Ufficio anagrafe e stato civile\): \/servizi\//m);
});
