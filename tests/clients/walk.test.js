// Every list that the schema has, of everything there is, page by page in both directions. Lists are
// found by introspection, so that a new one is walked without a new test.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
} from "graphql";
import { ask, assertSame } from "./server.js";

/** Sizes of pages, beside the largest. */
const SIZES = [1, 7];
/** Pages in one request; where they cost more than a query may, the half of them. */
const PAGES = 8;
/** Arguments without which a list would move while it is read. */
const ARGUMENTS = { eventOccurrences: 'during: { from: "2026-01-01", through: "2027-12-31" }' };

let schema;
/** The ids of everything that the lists at the root hold, by type. */
const ids = new Map();

before(async () => {
  schema = buildClientSchema(await ask(getIntrospectionQuery()));
  const lists = connections(schema.getQueryType()).map((field) => new List(field));
  for (const list of lists.filter(({ identity }) => identity === "id")) {
    const items = await walk(list, 100, "forwards");
    ids.set(
      list.nodeType,
      items.map((item) => JSON.parse(item).id),
    );
  }
});

/** Those of who signed in: nobody signs in here; tests/e2e/cursors.rs walks them. */
const PRIVATE = [
  ...["accountRoles", "accounts", "apiKeys", "auditEntries", "contentItems", "identityProviders", "outboxJobs"],
  ...["accessLog", "appIoSheets", "automationLog", "caseStateMaps"],
  ...["cases", "citizenIssuers", "messageTemplates", "myCases", "releases", "revisions", "webhookDeliveries", "webhooks"],
];
/**
 * A log, which is read from its beginning on, and hits, which are those of what is looked for;
 * tests/e2e/change_feed.rs and tests/e2e/search.rs walk them.
 */
const LOGS = ["changes", "search"];
/** Pages forwards only. */
const FORWARDS = ["Case.automationLog", "ContentItem.revisions", "Query.changes", "Query.search"];

const isConnection = (field) => getNamedType(field.type).name.endsWith("Connection");
const allConnections = (type) => Object.values(type.getFields()).filter(isConnection);
const connections = (type) => allConnections(type).filter((field) => ![...PRIVATE, ...LOGS].includes(field.name));
const hasArgument = (field, name) => field.args.some((argument) => argument.name === name);

/** A list: the field, and the way from the root to the object it is a field of. */
class List {
  constructor(field, { open = "", close = "", pick = (data) => data, of = "Query" } = {}) {
    Object.assign(this, { field, open, close, pick });
    this.name = `${of}.${field.name}`;
    const node = getNamedType(getNamedType(field.type).getFields().nodes.type);
    this.nodeType = node.name;
    // What tells an item from another where it has no id.
    this.identity = node.getFields().id ? "id" : "startsAt event { id }";
    this.counts = "totalCount" in getNamedType(field.type).getFields();
  }

  query(alias, page) {
    const given = [ARGUMENTS[this.field.name], ...Object.entries(page).map(([k, v]) => `${k}: ${JSON.stringify(v)}`)];
    const counted = this.counts && Object.values(page).includes(100) ? "totalCount" : "";
    const fields = `{ ${counted} edges { cursor node { ${this.identity} } } nodes { ${this.identity} }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;
    const field = `${this.field.name}(${given.filter(Boolean).join(" ")}) ${fields}`;
    return this.open ? `${alias}: ${this.open} ${field} ${this.close}` : `${alias}: ${field}`;
  }

  answer(data) {
    const owner = this.pick(data);
    return this.open ? owner[this.field.name] : owner;
  }
}

/** Asks for pages of many lists in few requests: what is wanted in the same turn goes together. */
const waiting = [];
function read(list, page) {
  return new Promise((resolve, reject) => {
    waiting.push({ list, page, resolve, reject });
    if (waiting.length === 1) setImmediate(flush);
  });
}

function flush() {
  const wanted = waiting.splice(0);
  while (wanted.length > 0) send(wanted.splice(0, PAGES));
}

async function send(pages) {
  const query = pages.map(({ list, page }, index) => list.query(`p${index}`, page)).join("\n");
  try {
    const data = await ask(`{ ${query} }`);
    pages.forEach(({ list, resolve }, index) => resolve(list.answer(data[`p${index}`])));
  } catch (error) {
    if (pages.length > 1 && error.message.includes("TOO_EXPENSIVE")) {
      const half = pages.length / 2;
      send(pages.slice(0, half));
      send(pages.slice(half));
    } else {
      pages.forEach(({ reject }) => reject(error));
    }
  }
}

/** Reads a whole list; gives its items in the order of the list. */
async function walk(list, size, direction) {
  const forwards = direction === "forwards";
  const items = [];
  let cursor;
  for (;;) {
    const page = await read(list, {
      [forwards ? "first" : "last"]: size,
      ...(cursor && { [forwards ? "after" : "before"]: cursor }),
    });
    const told = `${list.name} ${direction} by ${size}`;
    const { edges, nodes, pageInfo } = page;
    const cursors = edges.map((edge) => edge.cursor);
    const onPage = edges.map((edge) => JSON.stringify(edge.node));
    assert.ok(onPage.length <= size, `${told}: ${onPage.length} items`);
    assert.deepEqual(
      nodes.map((node) => JSON.stringify(node)),
      onPage,
      `${told}: nodes are not those of the edges`,
    );
    assert.equal(pageInfo.startCursor, cursors.at(0) ?? null, told);
    assert.equal(pageInfo.endCursor, cursors.at(-1) ?? null, told);
    if (forwards) items.push(...onPage);
    else items.unshift(...onPage);
    const hasMore = forwards ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
    if (!hasMore) {
      assert.equal(page.totalCount ?? items.length, items.length, `${told}: totalCount`);
      return items;
    }
    assert.equal(onPage.length, size, `${told}: a short page that is not the last`);
    const end = forwards ? pageInfo.endCursor : pageInfo.startCursor;
    assert.notEqual(end, cursor, `${told}: the same page again`);
    cursor = end;
  }
}

/** Walks a list in all ways; gives its items. */
async function walkAll(list) {
  const whole = await walk(list, 100, "forwards");
  assertSame(whole, whole, list.name);
  assertSame(await walk(list, 100, "backwards"), whole, `${list.name} backwards by 100`);
  for (const size of whole.length > 1 ? SIZES : []) {
    assertSame(await walk(list, size, "forwards"), whole, `${list.name} forwards by ${size}`);
    assertSame(await walk(list, size, "backwards"), whole, `${list.name} backwards by ${size}`);
  }
  return whole;
}

const pagesBothWays = (field) => ["first", "after", "last", "before"].every((name) => hasArgument(field, name));

test("every list pages both ways", () => {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const fields = types.flatMap((type) => allConnections(type).map((field) => ({ type, field })));
  assert.ok(fields.length > 50, `${fields.length} lists`);
  const oneWay = fields.filter(({ field }) => !pagesBothWays(field));
  assert.deepEqual(
    oneWay.map(({ type, field }) => `${type.name}.${field.name}`).sort(),
    FORWARDS,
  );
});

test("the lists at the root", async () => {
  const lists = connections(schema.getQueryType()).map((field) => new List(field));
  for (const [list, items] of await Promise.all(lists.map(async (list) => [list, await walkAll(list)]))) {
    assert.ok(items.length > 0, `${list.name} is empty: nothing was tested`);
  }
});

/** The lists of every node of a type. */
function listsOfNodes(type) {
  const nodes = ids.get(type.name) ?? [];
  return nodes.flatMap((id) =>
    connections(type).map((field) => {
      const open = `node(id: ${JSON.stringify(id)}) { ... on ${type.name} {`;
      return new List(field, { open, close: "} }", of: type.name });
    }),
  );
}

/** The lists of objects that are no nodes, but stand in a list at the root: by their place there. */
async function listsAtRoot(type) {
  const isRoot = (field) => isListType(getNullableType(field.type)) && getNamedType(field.type) === type;
  const roots = Object.values(schema.getQueryType().getFields()).filter(isRoot);
  const lists = await Promise.all(
    roots.map(async ({ name }) => {
      const data = await ask(`{ ${name} { __typename } }`);
      return data[name].flatMap((_, index) => {
        const way = { open: `${name} {`, close: "}", pick: (data) => data[index], of: `${type.name} ${index}` };
        return connections(type).map((field) => new List(field, way));
      });
    }),
  );
  return lists.flat();
}

test("the lists of everything else", async (context) => {
  const objects = Object.values(schema.getTypeMap()).filter(isObjectType);
  const types = objects.filter((type) => type !== schema.getQueryType() && connections(type).length > 0);
  for (const type of types) {
    await context.test(`the lists of ${type.name}`, async () => {
      const lists = [...listsOfNodes(type), ...(await listsAtRoot(type))];
      assert.ok(lists.length > 0, `no way from the root to a ${type.name}`);
      const walked = await Promise.all(lists.map(walkAll));
      const items = walked.reduce((sum, list) => sum + list.length, 0);
      assert.ok(items > 0, `all ${lists.length} lists are empty: nothing was tested`);
      context.diagnostic(`${type.name}: ${lists.length} lists, ${items} items`);
    });
  }
});
