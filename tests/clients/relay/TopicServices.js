// A list of an object, which the runtime reads on through `node(id)`.

graphql`
  query TopicServicesQuery($id: ID!) {
    node(id: $id) {
      ...TopicServices_topic @alias(as: "topic")
    }
  }
`;

graphql`
  fragment TopicServices_topic on Topic
  @refetchable(queryName: "TopicServicesPaginationQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    title
    services(first: $count, after: $cursor) @connection(key: "TopicServices_services") {
      edges {
        node {
          id
          title
        }
      }
    }
  }
`;
