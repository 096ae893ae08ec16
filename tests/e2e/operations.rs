//! The operations of a portal, as its pages ask them; `$first` is the size of their lists. Their
//! statements are counted, and the plans of these statements read.

/// Name and document of each operation.
pub(super) const OPERATIONS: [(&str, &str); 13] = [
    (
        "home page",
        "query($first: Int!) { municipality { title } home { latestNews(first: $first) { title newsDate topics { title } }
          nextEvents(first: $first) { title nextOccurrence { startsAt } place { title } } featured { title } }
          navigation { code label path itemCount children { label path itemCount } } topics(first: $first) { nodes { title path } } }",
    ),
    (
        "navigation",
        "query($first: Int!) { navigation { code label path itemCount children { label path itemCount } } topics(first: $first) { pageInfo { hasNextPage } } }",
    ),
    (
        "list of services",
        "query($first: Int!) { services(first: $first) { nodes { title category { label } responsibleOffice { title } topics { title } } } }",
    ),
    (
        "services of a category",
        "query($first: Int!) { services(first: $first, filter: { category: [\"anagrafe-e-stato-civile\"] }) { totalCount nodes { title path shortDescription topics { title } } } }",
    ),
    (
        "services of two categories, newest first",
        "query($first: Int!) { services(first: $first, orderBy: UPDATED_DESC, filter: { category: [\"anagrafe-e-stato-civile\", \"tributi-finanze-e-contravvenzioni\"], not: { titlePrefix: \"a\" } }) { nodes { title } } }",
    ),
    (
        "service sheets with everything",
        "query($first: Int!) { services(first: $first) { nodes { title howTo { html } needsIntro { html } contactPoints { entries { value } }
          responsibleOffice { title path mainSite { title } head { person { fullName } } openingHours { openNow } } documents { title } relatedServices { title }
          faqs { nodes { title } } jsonLd { schemaOrg cpsvAp } } } }",
    ),
    (
        "a service sheet at its path",
        "query($first: Int!) { route(path: \"/servizi/anagrafe-e-stato-civile/cambio-di-residenza\") { ... on RouteContent { content { title
          ... on Service { howTo { html } contactPoints { entries { value } } responsibleOffice { title } faqs(first: $first) { nodes { title } } } } } } }",
    ),
    (
        "offices with people and services",
        "query($first: Int!) { offices(first: $first) { nodes { title services(first: 5) { totalCount nodes { title } } currentRoles { title person { fullName } } childOffices { nodes { title } } } } }",
    ),
    (
        "news",
        "query($first: Int!) { news(first: $first) { nodes { title newsDate topics { title } editedBy { title } } } }",
    ),
    (
        "news that still matter, of a kind",
        "query($first: Int!) { news(first: $first, filter: { newsType: [\"avvisi\"], current: true }) { totalCount nodes { title } } }",
    ),
    (
        "topic pages",
        "query($first: Int!) { topics(first: $first) { nodes { title services(first: 3) { nodes { title } } news(first: 3) { nodes { title } } } } }",
    ),
    (
        "calendar of events",
        "query($first: Int!) { eventOccurrences(first: $first) { nodes { startsAt event { title place { title } } } } }",
    ),
    (
        "categories with their services",
        "query($first: Int!) { serviceCategories { label services(first: $first) { totalCount nodes { title } } } }",
    ),
];
