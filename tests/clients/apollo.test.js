// Apollo Client 4, as a portal uses it.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { filter, firstValueFrom } from "rxjs";
import { ask, assertSame, recorded, server } from "./server.js";

/** The types behind each interface and union, as Apollo's documentation says to get them. */
async function possibleTypes() {
  const { __schema } = await ask("{ __schema { types { kind name possibleTypes { name } } } }");
  const abstract = __schema.types.filter((type) => type.possibleTypes);
  return Object.fromEntries(abstract.map((type) => [type.name, type.possibleTypes.map(({ name }) => name)]));
}

async function client({ links = [], fetch } = {}) {
  const cache = new InMemoryCache({
    possibleTypes: await possibleTypes(),
    typePolicies: { Query: { fields: { services: relayStylePagination(["filter", "orderBy", "locale"]) } } },
  });
  const http = new HttpLink({ uri: server.graphql, fetch });
  return new ApolloClient({ cache, link: ApolloLink.from([...links, http]) });
}

const SERVICES = gql`
  query Services($first: Int!, $after: String) {
    services(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          title
          responsibleOffice {
            id
            title
          }
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`;

test("a list grows in the cache with every page", async () => {
  const apollo = await client();
  const services = apollo.watchQuery({ query: SERVICES, variables: { first: 20 } });
  const shown = services.subscribe(() => {});
  const when = (wanted) => firstValueFrom(services.pipe(filter(({ data }) => data?.services && wanted(data.services))));
  let { pageInfo } = (await when(() => true)).data.services;
  while (pageInfo.hasNextPage) {
    const { data } = await services.fetchMore({ variables: { after: pageInfo.endCursor } });
    assert.notEqual(data.services.pageInfo.endCursor, pageInfo.endCursor);
    ({ pageInfo } = data.services);
  }
  const { data } = await when(({ pageInfo }) => !pageInfo.hasNextPage);
  shown.unsubscribe();
  const titles = data.services.edges.map(({ node }) => node.title);
  const all = await ask("{ services(first: 100) { totalCount nodes { title } } }");
  assert.equal(titles.length, all.services.totalCount);
  assertSame(
    titles,
    all.services.nodes.map(({ title }) => title),
    "services",
  );
});

test("one object stands once in the cache, however it is reached", async () => {
  const apollo = await client();
  const { data } = await apollo.query({ query: SERVICES, variables: { first: 1 } });
  const office = data.services.edges[0].node.responsibleOffice;
  const query = gql`
    query Office($id: ID!) {
      office(by: { id: $id }) {
        id
        title
        shortDescription
      }
    }
  `;
  await apollo.query({ query, variables: { id: office.id } });
  const offices = Object.values(apollo.cache.extract()).filter(({ __typename }) => __typename === "Office");
  assert.deepEqual(
    offices.map(({ id, title }) => ({ id, title })),
    [{ id: office.id, title: office.title }],
  );
  assert.ok(offices[0].shortDescription, "the second query added to it");
});

test("fragments on interfaces and unions find their types", async () => {
  const apollo = await client();
  const { services } = await ask("{ services(first: 1) { nodes { id title path } } }");
  const [service] = services.nodes;
  const query = gql`
    query Anything($id: ID!, $path: String!) {
      node(id: $id) {
        id
        ...Sheet
        ... on Service {
          identifier
        }
        ... on Office {
          openingHours {
            openNow
          }
        }
      }
      route(path: $path) {
        ... on RouteContent {
          content {
            ...Sheet
          }
        }
        ... on RouteRedirect {
          statusCode
        }
      }
    }
    fragment Sheet on Content {
      title
      path
    }
  `;
  const { data } = await apollo.query({ query, variables: { id: service.id, path: service.path } });
  assert.equal(data.node.__typename, "Service");
  assert.equal(data.node.title, service.title, "the fragment on Content");
  assert.ok(data.node.identifier, "the fragment on Service");
  assert.equal(data.route.content.path, service.path);
  const again = apollo.cache.readFragment({
    id: apollo.cache.identify(data.node),
    fragment: gql`
      fragment Sheet on Content {
        title
        path
      }
    `,
  });
  assert.equal(again.title, service.title);
});

for (const useGETForHashedQueries of [true, false]) {
  const method = useGETForHashedQueries ? "GET" : "POST";
  test(`persisted queries over ${method}: by hash, then with the text, then by hash alone`, async () => {
    const sha256 = (text) => createHash("sha256").update(text).digest("hex");
    const { exchanges, fetch } = recorded();
    const persisted = () => new PersistedQueryLink({ sha256, useGETForHashedQueries });
    // Nobody else sends this very query.
    const query = gql`query ${"Q" + randomUUID().replaceAll("-", "")} { municipality { id title } }`;
    for (const round of [1, 2]) {
      const apollo = await client({ links: [persisted()], fetch });
      const { data } = await apollo.query({ query });
      assert.ok(data.municipality.title, `round ${round}`);
    }
    const [unknown, taught, known] = exchanges;
    assert.equal(exchanges.length, 3);
    assert.deepEqual([unknown.method, known.method], [method, method]);
    assert.equal(unknown.answer.errors[0].extensions.code, "PERSISTED_QUERY_NOT_FOUND");
    for (const { answer } of [taught, known]) assert.ok(answer.data.municipality);
    assert.doesNotMatch(`${known.address} ${known.body}`, /municipality/, "the hash alone");
  });
}

test("errors have their code; what else was asked for is there", async () => {
  const apollo = await client();
  const invalid = apollo.query({
    query: gql`
      {
        colour
      }
    `,
  });
  await assert.rejects(invalid, (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), error);
    assert.equal(error.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
    return true;
  });
  const query = gql`
    {
      office(by: { id: "nothing" }) {
        id
      }
      municipality {
        id
        title
      }
    }
  `;
  const { data, error } = await apollo.query({ query, errorPolicy: "all" });
  assert.equal(error.errors[0].extensions.code, "INVALID_ID");
  assert.deepEqual(error.errors[0].path, ["office"]);
  assert.equal(data.office, null);
  assert.ok(data.municipality.title);
});
