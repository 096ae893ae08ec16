// Relay: its compiler checks the schema and the queries, its runtime reads lists page by page.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, mock, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "graphql-ws";
import relay from "relay-runtime";
import WebSocket from "ws";
import { Stream, followsChanges } from "./changes.js";
import { ask, assertSame, changing, server } from "./server.js";

const folder = fileURLToPath(new URL("relay", import.meta.url));
const require = createRequire(import.meta.url);
const artifact = (name) => require(`./relay/generated/${name}.graphql.js`);

// Relay complains on the console when what it reads does not fit together.
const complaints = mock.method(console, "error", () => {});
after(() =>
  assert.deepEqual(
    complaints.mock.calls.map((call) => call.arguments[0]),
    [],
  ),
);

before(async () => {
  await rm(`${folder}/generated`, { recursive: true, force: true });
  await mkdir(`${folder}/generated`);
  // Fails with what the compiler says when a query breaks its rules.
  await promisify(execFile)(require.resolve(".bin/relay-compiler"), { cwd: folder });
});

function environment() {
  const network = relay.Network.create(async ({ text, name }, variables) => {
    const response = await fetch(server.graphql, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: text, operationName: name, variables }),
    });
    return response.json();
  });
  return new relay.Environment({ network, store: new relay.Store(new relay.RecordSource()) });
}

/** A component that shows a list, without a component. */
class PaginatedList {
  constructor(environment, fragment, reference) {
    Object.assign(this, { environment, fragment, reference });
    this.metadata = relay.getPaginationMetadata(fragment, "PaginatedList");
  }

  get data() {
    const selector = relay.getSelector(this.fragment, this.reference);
    const { data, isMissingData } = this.environment.lookup(selector);
    assert.ok(!isMissingData, "the store has all that the fragment asks for");
    return data;
  }

  get connection() {
    return this.metadata.connectionPathInFragmentData.reduce((data, key) => data[key], this.data);
  }

  get items() {
    return this.connection.edges.map(({ node }) => node.id);
  }

  async load(direction, count) {
    const { pageInfo } = this.connection;
    const cursor = direction === "forward" ? pageInfo.endCursor : pageInfo.startCursor;
    const { identifierField, paginationRequest, paginationMetadata } = this.metadata;
    const variables = relay.getPaginationVariables(direction, count, cursor, {}, {}, paginationMetadata);
    if (identifierField) variables.id = this.data[identifierField];
    await relay.fetchQuery(this.environment, paginationRequest, variables).toPromise();
  }

  /** `loadNext` or `loadPrevious` until there is no more. */
  async loadAll(direction, count) {
    const flag = direction === "forward" ? "hasNextPage" : "hasPreviousPage";
    while (this.connection.pageInfo[flag]) {
      const known = this.items.length;
      await this.load(direction, count);
      assert.ok(this.items.length > known, "a page adds to the list");
    }
  }
}

/** Runs a query, and keeps what it read in the store. */
async function run(environment, name, variables = {}) {
  const query = artifact(name);
  environment.retain(relay.createOperationDescriptor(query, variables));
  return relay.fetchQuery(environment, query, variables).toPromise();
}

test("a list grows forwards", async () => {
  const store = environment();
  const services = new PaginatedList(store, artifact("ServiceList_query"), await run(store, "ServiceListQuery"));
  assert.equal(services.items.length, 20);
  await services.load("forward", 5);
  assert.equal(services.items.length, 25);
  await services.loadAll("forward", 7);
  const all = await ask("{ services(first: 100) { nodes { id } } }");
  assertSame(
    services.items,
    all.services.nodes.map(({ id }) => id),
    "services",
  );
});

test("a list grows backwards", async () => {
  const store = environment();
  const news = new PaginatedList(store, artifact("NewsList_query"), await run(store, "NewsListQuery"));
  assert.equal(news.items.length, 20);
  await news.loadAll("backward", 7);
  const all = await ask("{ news(first: 100) { nodes { id } } }");
  assertSame(
    news.items,
    all.news.nodes.map(({ id }) => id),
    "news",
  );
});

test("a list of an object grows through node(id)", async () => {
  const { topics } = await ask("{ topics(first: 100) { nodes { id services(first: 100) { nodes { id } } } } }");
  const topic = topics.nodes.find(({ services }) => services.nodes.length > 4);
  const store = environment();
  const { node } = await run(store, "TopicServicesQuery", { id: topic.id });
  const services = new PaginatedList(store, artifact("TopicServices_topic"), node.topic);
  assert.equal(services.items.length, 2);
  await services.loadAll("forward", 2);
  assertSame(
    services.items,
    topic.services.nodes.map(({ id }) => id),
    "services of a topic",
  );
});

test("interfaces, unions and inputs of which one is given", async () => {
  const { services } = await ask("{ services(first: 1) { nodes { id title path identifier } } }");
  const [{ id, title, path, identifier }] = services.nodes;
  const store = environment();
  const { route, service } = await run(store, "ContentCardQuery", { path, by: { id } });
  assert.equal(route.__typename, "RouteContent");
  for (const reference of [route.content, service]) {
    const { data } = store.lookup(relay.getSelector(artifact("ContentCard_content"), reference));
    assert.deepEqual(data, { title, path, identifier });
  }
});

test("Relay follows changes", async () => {
  const socket = createClient({ url: changing.webSocket, webSocketImpl: WebSocket, retryAttempts: 0 });
  const subscribe = ({ text, name }, variables) =>
    relay.Observable.create((sink) => socket.subscribe({ query: text, operationName: name, variables }, sink));
  const network = relay.Network.create(() => assert.fail("there are no queries here"), subscribe);
  const store = new relay.Environment({ network, store: new relay.Store(new relay.RecordSource()) });
  const open = (variables) =>
    new Stream(({ next, error }) => {
      const subscription = artifact("ChangeLogSubscription");
      const onNext = (data) => next({ data });
      return relay.requestSubscription(store, { subscription, variables, onNext, onError: error }).dispose;
    });
  await followsChanges(open, "per-relay");
  await socket.dispose();
});
