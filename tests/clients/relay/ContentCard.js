// Interfaces, unions and a @oneOf input.

graphql`
  query ContentCardQuery($path: String!, $by: ContentKey!) {
    route(path: $path) {
      __typename
      ... on RouteContent {
        content {
          ...ContentCard_content
        }
      }
    }
    service(by: $by) {
      status
      ...ContentCard_content
    }
  }
`;

graphql`
  fragment ContentCard_content on Content {
    title
    path
    ... on Service {
      identifier
    }
  }
`;
