// Subscriptions, by each of the clients that people use for them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApolloClient, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client, subscriptionExchange } from "@urql/core";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import WebSocket from "ws";
import { CHANGES, Stream, followsChanges } from "./changes.js";
import { ask, assertSame, changing, server } from "./server.js";

const webSocketClient = (options = {}) =>
  createWsClient({ url: changing.webSocket, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
const sseClient = () => createSseClient({ url: changing.graphql, retryAttempts: 0 });

test("graphql-ws follows changes", async () => {
  const client = webSocketClient();
  const open = (variables) => new Stream((sink) => client.subscribe({ query: CHANGES, variables }, sink));
  await followsChanges(open, "per-graphql-ws");
  await client.dispose();
});

test("graphql-sse follows changes", async () => {
  const client = sseClient();
  const open = (variables) => new Stream((sink) => client.subscribe({ query: CHANGES, variables }, sink));
  await followsChanges(open, "per-graphql-sse");
  client.dispose();
});

test("Apollo Client follows changes", async () => {
  const socket = webSocketClient();
  const apollo = new ApolloClient({ cache: new InMemoryCache(), link: new GraphQLWsLink(socket) });
  const query = gql(CHANGES);
  const open = (variables) =>
    new Stream((sink) => {
      const subscription = apollo.subscribe({ query, variables, fetchPolicy: "no-cache" }).subscribe(sink);
      return () => subscription.unsubscribe();
    });
  await followsChanges(open, "per-apollo");
  await socket.dispose();
});

test("urql follows changes", async () => {
  const socket = webSocketClient();
  const forward = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
  });
  const urql = new Client({
    url: changing.graphql,
    exchanges: [subscriptionExchange({ forwardSubscription: forward })],
  });
  const open = (variables) =>
    new Stream(({ next, error }) => {
      const take = (result) => (result.error ? error(result.error) : next(result));
      const { unsubscribe } = urql.subscription(CHANGES, variables).subscribe(take);
      return unsubscribe;
    });
  await followsChanges(open, "per-urql");
  await socket.dispose();
});

/** All results of an operation. */
async function results(client, query, variables = {}) {
  const results = [];
  for await (const result of client.iterate({ query, variables })) results.push(result);
  return results;
}

const PAGE =
  "query ($after: String) { services(first: 20, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }";

for (const [name, client] of [
  ["graphql-ws", () => createWsClient({ url: server.webSocket, webSocketImpl: WebSocket, retryAttempts: 0 })],
  ["graphql-sse", () => createSseClient({ url: server.graphql, retryAttempts: 0 })],
]) {
  test(`${name} asks queries too`, async () => {
    const connection = client();
    const ids = [];
    let after = null;
    do {
      const [{ data, errors }, ...more] = await results(connection, PAGE, { after });
      assert.equal(errors, undefined);
      assert.equal(more.length, 0, "a query has one result");
      ids.push(...data.services.nodes.map(({ id }) => id));
      after = data.services.pageInfo.hasNextPage ? data.services.pageInfo.endCursor : null;
    } while (after);
    const { services } = await ask("{ services(first: 100) { nodes { id } } }");
    assertSame(
      ids,
      services.nodes.map(({ id }) => id),
      "services",
    );
    await connection.dispose();
  });

  test(`${name} is told the code of an error`, async () => {
    const connection = client();
    const code = async (query, variables) => {
      try {
        const [{ errors }] = await results(connection, query, variables);
        return errors[0].extensions.code;
      } catch (errors) {
        // graphql-ws throws the errors of an operation that was not executed.
        if (!Array.isArray(errors)) throw errors;
        return errors[0].extensions.code;
      }
    };
    assert.equal(await code("{ colour }"), "GRAPHQL_VALIDATION_FAILED");
    assert.equal(await code("{"), "GRAPHQL_PARSE_FAILED");
    assert.equal(await code(PAGE, { after: "no-such-place" }), "INVALID_CURSOR");
    assert.equal(await code(CHANGES, { after: "no-such-place" }), "INVALID_CURSOR");
    assert.equal(await code(CHANGES, { ids: ["no-such-id"] }), "INVALID_ID");
    await connection.dispose();
  });
}

test("graphql-ws names the municipality as it connects", async () => {
  const query = "{ municipality { ipaCode } }";
  const client = (ipaCode) => webSocketClient({ connectionParams: { "Municipio-Tenant": ipaCode } });
  const known = client("c_m999");
  assert.equal((await results(known, query))[0].data.municipality.ipaCode, "c_m999");
  await known.dispose();
  await assert.rejects(results(client("c_x000"), query), (event) => {
    assert.equal(event.code, 4403);
    return true;
  });
});

test("graphql-ws runs many operations over one connection", async () => {
  let connections = 0;
  const client = webSocketClient({ on: { opened: () => (connections += 1) } });
  const queries = Array.from({ length: 30 }, (_, index) =>
    results(client, `{ services(first: ${index + 1}) { nodes { id } } }`),
  );
  const sizes = (await Promise.all(queries)).map(([{ data }]) => data.services.nodes.length);
  assert.deepEqual(
    sizes,
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
  assert.equal(connections, 1);
  await client.dispose();
});
