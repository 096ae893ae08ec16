// urql, with its plain cache and with its normalised one.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";
import { cacheExchange as graphcache } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { persistedExchange } from "@urql/exchange-persisted";
import { getIntrospectionQuery } from "graphql";
import { ask, assertSame, recorded, server } from "./server.js";

const client = (exchanges, options = {}) =>
  new Client({ url: server.graphql, exchanges: [...exchanges, fetchExchange], preferGetMethod: false, ...options });

/** Asks, and gives the data; any error fails. */
async function data(urql, query, variables = {}, context = {}) {
  const result = await urql.query(query, variables, context).toPromise();
  assert.equal(result.error, undefined);
  return result.data;
}

const SERVICES = gql`
  query Services($first: Int!, $after: String) {
    services(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          title
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

test("the plain cache answers what is known", async () => {
  const { exchanges, fetch } = recorded();
  const urql = client([cacheExchange], { fetch });
  const first = await data(urql, SERVICES, { first: 3 });
  const again = await data(urql, SERVICES, { first: 3 });
  assert.equal(first.services.edges.length, 3);
  assert.deepEqual(again, first);
  assert.equal(exchanges.length, 1);
});

test("queries over GET", async () => {
  const { exchanges, fetch } = recorded();
  const urql = client([], { fetch, preferGetMethod: true });
  const found = await data(urql, SERVICES, { first: 3 });
  assert.equal(found.services.edges.length, 3);
  assert.deepEqual(
    exchanges.map(({ method }) => method),
    ["GET"],
  );
});

test("Graphcache knows the schema, and puts the pages of a list together", async () => {
  const schema = await ask(getIntrospectionQuery());
  // What does not fit the schema is said on the console.
  const complaints = [];
  const logger = (severity, message) => severity !== "debug" && complaints.push(message);
  const urql = client([graphcache({ schema, logger, resolvers: { Query: { services: relayPagination() } } })]);
  let after = null;
  let found;
  do {
    found = await data(urql, SERVICES, { first: 20, after });
    assert.notEqual(found.services.pageInfo.endCursor, after);
    after = found.services.pageInfo.endCursor;
  } while (found.services.pageInfo.hasNextPage);
  const all = await ask("{ services(first: 100) { nodes { title } } }");
  const titles = found.services.edges.map(({ node }) => node.title);
  assertSame(
    titles,
    all.services.nodes.map(({ title }) => title),
    "services",
  );
  assert.deepEqual(complaints, []);
});

test("Graphcache finds an object by its id in all that is read", async () => {
  const schema = await ask(getIntrospectionQuery());
  const { exchanges, fetch } = recorded();
  const urql = client(
    [graphcache({ schema, resolvers: { Query: { node: (_, { id }) => ({ __typename: "Service", id }) } } })],
    {
      fetch,
    },
  );
  const { services } = await data(urql, SERVICES, { first: 1 });
  const [{ node }] = services.edges;
  const query = gql`
    query ($id: ID!) {
      node(id: $id) {
        id
        ... on Content {
          title
        }
      }
    }
  `;
  const found = await data(urql, query, { id: node.id });
  assert.equal(found.node.title, node.title);
  assert.equal(exchanges.length, 1, "the second query was answered from the cache");
});

for (const method of ["GET", "POST"]) {
  test(`persisted queries over ${method}: by hash, then with the text, then by hash alone`, async () => {
    const { exchanges, fetch } = recorded();
    const preferGetForPersistedQueries = method === "GET" ? "force" : false;
    // Nobody else sends this very query.
    const query = `query Q${randomUUID().replaceAll("-", "")} { municipality { title } }`;
    for (const round of [1, 2]) {
      const urql = client([persistedExchange({ preferGetForPersistedQueries })], { fetch });
      const found = await data(urql, query);
      assert.ok(found.municipality.title, `round ${round}`);
    }
    assert.equal(exchanges.length, 3);
    const [unknown, taught, known] = exchanges;
    assert.deepEqual([unknown.method, known.method], [method, method]);
    assert.equal(unknown.answer.errors[0].message, "PersistedQueryNotFound");
    for (const { answer } of [taught, known]) assert.ok(answer.data.municipality);
    assert.doesNotMatch(`${known.address} ${known.body}`, /municipality/, "the hash alone");
  });
}

test("errors have their code; what else was asked for is there", async () => {
  const urql = client([cacheExchange]);
  const invalid = await urql.query("{ colour }", {}).toPromise();
  assert.equal(invalid.error.graphQLErrors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
  const partial = await urql.query('{ office(by: { id: "nothing" }) { id } municipality { title } }', {}).toPromise();
  assert.equal(partial.error.graphQLErrors[0].extensions.code, "INVALID_ID");
  assert.deepEqual(partial.error.graphQLErrors[0].path, ["office"]);
  assert.ok(partial.data.municipality.title);
});
