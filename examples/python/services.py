import sys

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080/graphql"
query = gql("""query Services($category: [String!]) {
    services(filter: {category: $category}) { nodes { title path responsibleOffice { title } } }
}""")
query.variable_values = {"category": ["anagrafe-e-stato-civile"]}
for service in Client(transport=AIOHTTPTransport(url)).execute(query)["services"]["nodes"]:
    office = service["responsibleOffice"] or {}
    print(f"{service['title']} ({office.get('title', '-')}): {service['path']}")
