// What every client must see of the changes that another program publishes.

import assert from "node:assert/strict";
import { newTopic, publish } from "./server.js";

export const CHANGES = `
  subscription Changes($types: [ContentType!], $ids: [ID!], $after: String) {
    contentChanged(types: $types, ids: $ids, after: $after) {
      kind
      itemId
      type
      changedAt
      cursor
      item { __typename id title }
    }
  }
`;

/** What a client calls back with, as something to wait for. */
export class Stream {
  waiting = [];
  arrived = [];

  /** Begins by `subscribe({ next, error })`, which gives the function that ends it. */
  constructor(subscribe) {
    const next = (result) => this.#settle({ result });
    const error = (failure) => this.#settle({ failure });
    this.end = subscribe({ next, error, complete: () => error(new Error("the subscription ended")) });
  }

  #settle(event) {
    const waiting = this.waiting.shift();
    if (!waiting) this.arrived.push(event);
    else if (event.failure) waiting.reject(event.failure);
    else waiting.resolve(event.result);
  }

  async next() {
    const known = this.arrived.shift();
    if (known?.failure) throw known.failure;
    if (known) return known.result;
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** The next change, of an answer without errors. */
  async change() {
    const { data, errors } = await this.next();
    assert.equal(errors?.length ?? 0, 0, JSON.stringify(errors));
    return data.contentChanged;
  }
}

/** Follows everything from now on, and publishes until something arrives: gives its cursor. */
async function beginning(open, name) {
  const stream = await open({ types: ["TOPIC"] });
  let change;
  const arrived = stream.change().then((first) => (change = first));
  for (let round = 1; !change; round += 1) {
    // A subscription is not acknowledged: what is published before it began does not arrive.
    await publish({ [`${name}-beginning`]: `Inizio ${round}` });
    const second = new Promise((resolve) => setTimeout(resolve, 1000).unref());
    await Promise.race([arrived, second]);
  }
  await stream.end();
  return change.cursor;
}

/**
 * A client that follows an item sees each of its changes once, also those made while it was away.
 * `open(variables)` begins a subscription of `CHANGES`.
 */
export async function followsChanges(open, name) {
  const after = await beginning(open, name);
  const id = await newTopic(name, "Primo");

  let stream = await open({ ids: [id], after });
  const first = await stream.change();
  assert.equal(first.kind, "PUBLISHED");
  assert.equal(first.type, "TOPIC");
  assert.equal(first.itemId, id);
  assert.deepEqual({ ...first.item }, { __typename: "Topic", id, title: "Primo" });
  assert.ok(!Number.isNaN(Date.parse(first.changedAt)), first.changedAt);

  await publish({ [name]: "Secondo", [`${name}-altro`]: "Un altro argomento" });
  const second = await stream.change();
  assert.equal(second.item.title, "Secondo");
  await stream.end();

  await publish({ [name]: "Terzo" });
  await publish({ [name]: "Quarto" });
  stream = await open({ ids: [id], after: second.cursor });
  const missed = [await stream.change(), await stream.change()];
  await publish({ [name]: "Quinto" });
  const last = await stream.change();
  assert.equal(last.item.title, "Quinto", "nothing came twice");
  await stream.end();

  const seen = [first, second, ...missed, last];
  assert.equal(new Set(seen.map(({ cursor }) => cursor)).size, seen.length, "five changes");
  assert.ok(
    seen.every(({ itemId }) => itemId === id),
    "only those of the item",
  );
}
