// What tools learn by introspection is the contract in `schema.graphql`.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from "graphql";
import { ask, schema, server } from "./server.js";

const everything = {
  descriptions: true,
  directiveIsRepeatable: true,
  inputValueDeprecation: true,
  oneOf: true,
  schemaDescription: true,
  specifiedByUrl: true,
};
// The engine answers a description of its own for the schema as a whole; the file has none.
const contract = { ...everything, schemaDescription: false };
const introspected = async (options) => buildClientSchema(await ask(getIntrospectionQuery(options)));
const printed = (schema) => printSchema(lexicographicSortSchema(schema));

test("introspection says what schema.graphql says", async () => {
  const committed = buildSchema(await schema());
  assert.equal(printed(await introspected(contract)), printed(committed));
});

test("the schema is valid", async () => {
  assert.deepEqual(validateSchema(await introspected(everything)), []);
  assert.deepEqual(validateSchema(buildSchema(await schema())), []);
});

test("what has an id is a node, by which caches know it", async () => {
  const objects = Object.values((await introspected(contract)).getTypeMap()).filter(isObjectType);
  const identified = objects.filter((type) => String(type.getFields().id?.type) === "ID!");
  assert.ok(identified.length > 10, `${identified.length} types`);
  const others = identified.filter((type) => !type.getInterfaces().some(({ name }) => name === "Node"));
  assert.deepEqual(
    others.map(({ name }) => name),
    [],
  );
});

test("older tools, which ask for less, are answered too", async () => {
  for (const name of Object.keys(everything)) {
    assert.deepEqual(validateSchema(await introspected({ ...everything, [name]: false })), [], `without ${name}`);
  }
});

test("the served schema is that of the repository", async () => {
  const response = await fetch(`${server.base}/schema.graphql`);
  assert.equal(await response.text(), await schema());
});
