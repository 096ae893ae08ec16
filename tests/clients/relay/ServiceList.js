// A list at the root, that grows forwards.

graphql`
  query ServiceListQuery {
    ...ServiceList_query
  }
`;

graphql`
  fragment ServiceList_query on Query
  @refetchable(queryName: "ServiceListPaginationQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    services(first: $count, after: $cursor) @connection(key: "ServiceList_services") {
      edges {
        node {
          id
          title
          modifiedAt
          responsibleOffice {
            title
          }
        }
      }
    }
  }
`;
