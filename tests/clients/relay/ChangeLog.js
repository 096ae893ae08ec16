// A subscription.

graphql`
  subscription ChangeLogSubscription($types: [ContentType!], $ids: [ID!], $after: String) {
    contentChanged(types: $types, ids: $ids, after: $after) {
      kind
      itemId
      type
      changedAt
      cursor
      item {
        __typename
        id
        title
      }
    }
  }
`;
