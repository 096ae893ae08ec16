const query = `# Cinque servizi con categoria, ufficio e argomenti.
{
  services(first: 5) {
    nodes {
      title
      shortDescription
      category { label }
      responsibleOffice { title }
      topics { title }
    }
    totalCount
  }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    defaultQuery: query,
  }),
);
