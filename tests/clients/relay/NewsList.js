// A list at the root, that grows backwards from its end.

graphql`
  query NewsListQuery {
    ...NewsList_query
  }
`;

graphql`
  fragment NewsList_query on Query
  @refetchable(queryName: "NewsListPaginationQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    news(last: $count, before: $cursor) @connection(key: "NewsList_news") {
      edges {
        node {
          id
          title
        }
      }
    }
  }
`;
