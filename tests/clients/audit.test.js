// GraphQL over HTTP, as its reference implementation audits it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { serverAudits } from "graphql-http";
import { server } from "./server.js";

const audits = serverAudits({ url: server.graphql });

for (const { id, name, fn } of audits) {
  test(`graphql-http ${id}: ${name}`, async () => {
    const { status, reason } = await fn();
    assert.equal(status, "ok", reason);
  });
}

test("graphql-http audits everything it knows", () => {
  assert.equal(audits.length, 61);
});
