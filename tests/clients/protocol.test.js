// The protocols below the clients: each message and each code of closing of graphql-transport-ws, and
// the events of graphql-sse.

import assert from "node:assert/strict";
import { test } from "node:test";
import WebSocket from "ws";
import { changing, server } from "./server.js";

const QUERY = "{ municipality { ipaCode } }";
const FOLLOW = "subscription { contentChanged { itemId } }";

/** A WebSocket whose messages are waited for one by one. */
class Socket {
  messages = [];
  waiting = [];

  constructor(protocols = ["graphql-transport-ws"]) {
    this.socket = new WebSocket(changing.webSocket, protocols);
    this.opened = new Promise((resolve, reject) => this.socket.on("open", resolve).on("error", reject));
    this.closed = new Promise((resolve) =>
      this.socket.on("close", (code, reason) => resolve({ code, reason: `${reason}` })),
    );
    this.socket.on("message", (data) => {
      const message = JSON.parse(data);
      if (this.waiting.length > 0) this.waiting.shift()(message);
      else this.messages.push(message);
    });
  }

  send(message) {
    this.socket.send(typeof message === "object" && !Buffer.isBuffer(message) ? JSON.stringify(message) : message);
  }

  /** The next message; an error when the connection is closed instead. */
  receive() {
    if (this.messages.length > 0) return this.messages.shift();
    const message = new Promise((resolve) => this.waiting.push(resolve));
    const closed = this.closed.then(({ code, reason }) => assert.fail(`closed: ${code} ${reason}`));
    return Promise.race([message, closed]);
  }
}

async function open() {
  const socket = new Socket();
  await socket.opened;
  return socket;
}

async function acknowledged(payload) {
  const socket = await open();
  socket.send({ type: "connection_init", payload });
  assert.equal((await socket.receive()).type, "connection_ack");
  return socket;
}

const subscribe = (id, query, rest = {}) => ({ id, type: "subscribe", payload: { query, ...rest } });

for (const [name, messages, code] of [
  ["text that is no JSON", ["{"], 4400],
  ["JSON that is no message", ["[]"], 4400],
  ["a message without a type", [{ id: "1" }], 4400],
  ["a message of no such type", [{ type: "connection_start" }], 4400],
  ["binary data", [Buffer.from("{}")], 4400],
  ["an operation without an id", [{ type: "connection_init" }, { type: "subscribe", payload: { query: QUERY } }], 4400],
  ["an operation without a query as text", [{ type: "connection_init" }, subscribe("1", { query: QUERY })], 4400],
  ["an operation before connection_init", [subscribe("1", QUERY)], 4401],
  ["a municipality that is not here", [{ type: "connection_init", payload: { "Municipio-Tenant": "c_x000" } }], 4403],
  ["two operations with one id", [{ type: "connection_init" }, subscribe("1", FOLLOW), subscribe("1", FOLLOW)], 4409],
  ["a second connection_init", [{ type: "connection_init" }, { type: "connection_init" }], 4429],
  ["no connection_init", [], 4408],
]) {
  test(`graphql-transport-ws closes with ${code}: ${name}`, async () => {
    const socket = await open();
    for (const message of messages) socket.send(message);
    const closed = await socket.closed;
    assert.equal(closed.code, code, closed.reason);
    assert.ok(closed.reason, "with a reason");
  });
}

test("graphql-transport-ws is agreed on, and no other protocol", async () => {
  assert.equal((await open()).socket.protocol, "graphql-transport-ws");
  const both = new Socket(["graphql-ws", "graphql-transport-ws"]);
  await both.opened;
  assert.equal(both.socket.protocol, "graphql-transport-ws");
  both.socket.close();
  // Refused by HTTP, or closed at once with 4406: no message is ever answered.
  const other = new Socket(["graphql-ws"]);
  other.opened.catch(() => {});
  const { code } = await other.closed;
  assert.ok([1006, 4406].includes(code), `${code}`);
});

test("graphql-transport-ws: a query has one result and is complete, and its id is free again", async () => {
  const socket = await acknowledged();
  for (const round of [1, 2]) {
    socket.send(subscribe("a", QUERY));
    const next = await socket.receive();
    assert.deepEqual(
      next,
      { id: "a", type: "next", payload: { data: { municipality: { ipaCode: "c_m999" } } } },
      round,
    );
    assert.deepEqual(await socket.receive(), { id: "a", type: "complete" });
  }
  socket.socket.close(1000);
  assert.equal((await socket.closed).code, 1000);
});

test("graphql-transport-ws: an operation that is refused ends with its errors, the connection goes on", async () => {
  const socket = await acknowledged();
  socket.send(subscribe("a", "{ colour }"));
  const { type, id, payload } = await socket.receive();
  assert.deepEqual({ type, id }, { type: "error", id: "a" });
  assert.equal(payload[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
  socket.send(subscribe("a", "query A { __typename } query B { municipality { ipaCode } }", { operationName: "B" }));
  assert.equal((await socket.receive()).payload.data.municipality.ipaCode, "c_m999");
  socket.socket.close();
});

test("graphql-transport-ws: a subscription ends when the client completes it, and its id is free again", async () => {
  const socket = await acknowledged();
  socket.send(subscribe("a", FOLLOW));
  socket.send({ id: "a", type: "complete" });
  socket.send(subscribe("a", QUERY));
  assert.equal((await socket.receive()).type, "next");
  assert.deepEqual(await socket.receive(), { id: "a", type: "complete" });
  // What is not known any more is no error.
  socket.send({ id: "a", type: "complete" });
  socket.send({ type: "ping" });
  assert.equal((await socket.receive()).type, "pong");
  socket.socket.close();
});

test("graphql-transport-ws: ping is answered at any time, pong is taken", async () => {
  const socket = await open();
  socket.send({ type: "pong" });
  socket.send({ type: "ping", payload: { at: 1 } });
  const pong = await socket.receive();
  assert.equal(pong.type, "pong");
  socket.send({ type: "connection_init", payload: {} });
  assert.equal((await socket.receive()).type, "connection_ack");
  socket.socket.close();
});

/** The events of a stream, comments left out, until it ends. */
async function events(response) {
  const blocks = (await response.text()).split("\n\n");
  const fields = (block) =>
    Object.fromEntries(
      block
        .split("\n")
        .filter((line) => line && !line.startsWith(":"))
        .map((line) => [line.split(":", 1)[0], line.slice(line.indexOf(":") + 1).trim()]),
    );
  return blocks.map(fields).filter(({ event }) => event);
}

for (const method of ["GET", "POST"]) {
  test(`graphql-sse over ${method}: a query is one event, and then it is complete`, async () => {
    const accept = "text/event-stream";
    const response =
      method === "GET"
        ? await fetch(`${server.graphql}?query=${encodeURIComponent(QUERY)}`, { headers: { accept } })
        : await fetch(server.graphql, {
            method,
            headers: { accept, "content-type": "application/json" },
            body: JSON.stringify({ query: QUERY }),
          });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type"), /^text\/event-stream/);
    const [next, complete, ...more] = await events(response);
    assert.equal(next.event, "next");
    assert.deepEqual(JSON.parse(next.data), { data: { municipality: { ipaCode: "c_m999" } } });
    assert.equal(complete.event, "complete");
    assert.deepEqual(more, []);
  });
}

test("a subscription over plain HTTP is refused in a way that says what to do", async () => {
  const response = await fetch(server.graphql, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ query: FOLLOW }),
  });
  assert.ok(response.status >= 400 && response.status < 500, `${response.status}`);
  assert.match(await response.text(), /text\/event-stream|WebSocket/i);
});
