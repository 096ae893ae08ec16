// graphql-request, the smallest of the clients.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError, GraphQLClient, gql, request } from "graphql-request";
import { recorded, server } from "./server.js";

const SERVICES = gql`
  query Services($category: [String!]!) {
    services(first: 5, filter: { category: $category }) {
      totalCount
      nodes {
        title
        category {
          code
        }
      }
    }
  }
`;
const category = ["anagrafe-e-stato-civile"];

test("a query with variables", async () => {
  const { services } = await request(server.graphql, SERVICES, { category });
  assert.ok(services.totalCount > 0);
  for (const service of services.nodes) assert.equal(service.category.code, category[0]);
});

test("a query over GET", async () => {
  const { exchanges, fetch } = recorded();
  const client = new GraphQLClient(server.graphql, { method: "GET", jsonSerializer: JSON, fetch });
  const { services } = await client.request(SERVICES, { category });
  assert.ok(services.totalCount > 0);
  assert.equal(exchanges[0].method, "GET");
});

test("the headers that name the municipality", async () => {
  const query = "{ municipality { ipaCode } }";
  const client = (ipaCode) => new GraphQLClient(server.graphql, { headers: { "Municipio-Tenant": ipaCode } });
  assert.equal((await client("c_m999").request(query)).municipality.ipaCode, "c_m999");
  await assert.rejects(client("c_x000").request(query), (error) => {
    assert.equal(error.response.status, 404);
    return true;
  });
});

test("an error is a ClientError with the code of the server", async () => {
  await assert.rejects(request(server.graphql, "{ colour }"), (error) => {
    assert.ok(error instanceof ClientError);
    const [{ extensions, locations }] = error.response.errors;
    assert.equal(extensions.code, "GRAPHQL_VALIDATION_FAILED");
    assert.ok(extensions.requestId);
    assert.deepEqual(locations, [{ line: 1, column: 3 }]);
    return true;
  });
  const variables = { category: ["no-such-category"] };
  await assert.rejects(request(server.graphql, SERVICES, variables), (error) => {
    assert.equal(error.response.errors[0].extensions.code, "UNKNOWN_CODE");
    return true;
  });
});
