import { initGraphQLTada } from "gql.tada";
import { request } from "graphql-request";
import type { introspection } from "./schema.js";

const graphql = initGraphQLTada<{ introspection: introspection }>();
const url = process.argv[2] ?? "http://127.0.0.1:8080/graphql";
const query = graphql(`
  query Services($category: [String!]) {
    services(filter: { category: $category }) {
      nodes {
        title
        path
        responsibleOffice {
          title
        }
      }
    }
  }
`);
const { services } = await request(url, query, { category: ["anagrafe-e-stato-civile"] });
for (const { title, path, responsibleOffice } of services.nodes) {
  console.log(`${title} (${responsibleOffice?.title ?? "-"}): ${path}`);
}
