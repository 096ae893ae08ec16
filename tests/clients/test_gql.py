"""gql, the client of Python, over HTTP and over WebSocket."""

import asyncio
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from gql import Client, gql
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLError, build_schema, lexicographic_sort_schema, print_schema, validate_schema

ROOT = Path(__file__).parents[2]
URL = os.environ["TEST_URL"] + "/graphql"
WEB_SOCKET = os.environ["TEST_CHANGING_URL"].replace("http", "ws", 1) + "/graphql"
CATEGORY = "anagrafe-e-stato-civile"
SERVICES = """
    query Services($category: [String!]!, $after: String) {
        services(first: 5, after: $after, filter: {category: $category}) {
            totalCount
            nodes { id title category { code } modifiedAt }
            pageInfo { hasNextPage endCursor }
        }
    }
"""


def query(text, **variables):
    """A query with its variables."""
    request = gql(text)
    request.variable_values = variables
    return request


def quiet():
    """Else asyncio tells of whatever takes longer than 0.1 s, because tests run in its debug mode."""
    asyncio.get_running_loop().slow_callback_duration = 60


class OverHttp(unittest.IsolatedAsyncioTestCase):
    """Asynchronous, with the schema that the client reads by introspection."""

    async def asyncSetUp(self):
        quiet()
        details = {"specified_by_url": True, "input_value_deprecation": True, "input_object_one_of": True}
        client = Client(
            transport=AIOHTTPTransport(URL), fetch_schema_from_transport=True, introspection_args=details
        )
        self.session = await client.connect_async()
        self.addAsyncCleanup(client.close_async)
        self.client = client

    async def test_the_schema_that_is_read_is_the_contract(self):
        contract = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
        shown = [print_schema(lexicographic_sort_schema(schema)) for schema in (self.client.schema, contract)]
        self.assertEqual(*shown)
        self.assertEqual(validate_schema(self.client.schema), [])

    async def test_a_list_page_by_page(self):
        ids, after = [], None
        while True:
            answer = await self.session.execute(query(SERVICES, category=[CATEGORY], after=after))
            services = answer["services"]
            self.assertTrue(all(node["category"]["code"] == CATEGORY for node in services["nodes"]))
            ids += [node["id"] for node in services["nodes"]]
            if not services["pageInfo"]["hasNextPage"]:
                break
            after = services["pageInfo"]["endCursor"]
        self.assertEqual(len(ids), services["totalCount"])
        self.assertEqual(len(set(ids)), len(ids))

    async def test_a_query_that_does_not_fit_the_schema_is_not_even_sent(self):
        with self.assertRaises(GraphQLError) as raised:
            await self.session.execute(gql("{ services { colour } }"))
        self.assertNotIsInstance(raised.exception, TransportQueryError)

    async def test_a_query_built_without_text(self):
        schema = DSLSchema(self.client.schema)
        office = schema.Office
        built = DSLQuery(schema.Query.offices(first=2, orderBy="TITLE_DESC").select(
            schema.OfficeConnection.nodes.select(office.id, office.title, office.path)))
        answer = await self.session.execute(dsl_gql(built))
        self.assertEqual(len(answer["offices"]["nodes"]), 2)


class Synchronous(unittest.TestCase):
    """Synchronous, without a schema."""

    def setUp(self):
        self.client = Client(transport=HTTPXTransport(URL))

    def test_variables_and_inputs_of_which_one_is_given(self):
        services = self.client.execute(query(SERVICES, category=[CATEGORY]))["services"]
        wanted = services["nodes"][0]
        text = "query ($by: ContentKey!) { service(by: $by, locale: \"it\") { title } }"
        found = self.client.execute(query(text, by={"id": wanted["id"]}))
        self.assertEqual(found["service"]["title"], wanted["title"])

    def test_errors_have_their_code(self):
        for text, variables, code in [
            ("{ colour }", {}, "GRAPHQL_VALIDATION_FAILED"),
            (SERVICES, {"category": ["no-such-category"]}, "UNKNOWN_CODE"),
            (SERVICES, {"category": [CATEGORY], "after": "no-such-place"}, "INVALID_CURSOR"),
        ]:
            with self.assertRaises(TransportQueryError, msg=code) as raised:
                self.client.execute(query(text, **variables))
            self.assertEqual(raised.exception.errors[0]["extensions"]["code"], code)


def publish(name, title):
    """Publishes a topic, by a program of its own."""
    with tempfile.TemporaryDirectory() as folder:
        topics = Path(folder) / "topics"
        topics.mkdir()
        (topics / f"{name}.yaml").write_text(f"title: {title}\nshort_description: Un argomento di prova\n", "utf-8")
        environment = os.environ | {"MUNICIPIO_DATA_DIR": os.environ["TEST_CHANGING_DATA_DIR"]}
        command = [os.environ["TEST_PROGRAM"], "seed", "load", folder, "--tenant", "c_m999"]
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


class OverWebSocket(unittest.IsolatedAsyncioTestCase):
    """Queries and subscriptions over graphql-transport-ws."""

    async def asyncSetUp(self):
        quiet()
        # Offered both, gql overlooks which one the server takes, unless the header comes in one spelling.
        protocols = [WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL]
        init = {"Municipio-Tenant": "c_m999"}
        # The schema with its descriptions is more than the mebibyte that the library takes at the most by itself.
        large = {"max_size": 16 * 1024 * 1024}
        transport = WebsocketsTransport(WEB_SOCKET, init_payload=init, subprotocols=protocols, connect_args=large)
        client = Client(transport=transport, fetch_schema_from_transport=True)
        self.session = await client.connect_async(reconnecting=False)
        self.addAsyncCleanup(client.close_async)

    async def test_a_query(self):
        answer = await self.session.execute(gql("{ municipality { ipaCode } }"))
        self.assertEqual(answer, {"municipality": {"ipaCode": "c_m999"}})

    async def test_an_error_has_its_code(self):
        with self.assertRaises(TransportQueryError) as raised:
            await self.session.execute(query(SERVICES, category=["no-such-category"]))
        self.assertEqual(raised.exception.errors[0]["extensions"]["code"], "UNKNOWN_CODE")

    async def test_changes_are_followed_also_those_made_while_away(self):
        changes = "subscription ($after: String) { contentChanged(types: [TOPIC], after: $after)" \
            " { kind cursor item { title } } }"

        async def follow(after=None):
            async for answer in self.session.subscribe(query(changes, after=after)):
                yield answer["contentChanged"]

        # A subscription is not acknowledged: what is published before it began does not arrive.
        followed = follow()
        first, number = asyncio.ensure_future(anext(followed)), 0
        while not first.done():
            number += 1
            await asyncio.to_thread(publish, "per-python", f"Inizio {number}")
            await asyncio.wait([first], timeout=1)
        change = first.result()
        self.assertEqual(change["kind"], "PUBLISHED")
        await followed.aclose()

        await asyncio.to_thread(publish, "per-python-altro", "Secondo")
        titles = []
        async for later in follow(change["cursor"]):
            titles.append(later["item"]["title"])
            if titles[-1] == "Secondo":
                break
        self.assertLessEqual(len(titles), number, "each publication once, after the first that was seen")


class Example(unittest.TestCase):
    """The starter of `examples/`."""

    def test_it_lists_the_services_of_a_category(self):
        program = ROOT / "examples" / "python" / "services.py"
        said = subprocess.run([sys.executable, program, URL], check=True, capture_output=True, encoding="utf-8").stdout
        self.assertIn("Cambio di residenza (Ufficio anagrafe e stato civile): /servizi/", said)


if __name__ == "__main__":
    unittest.main()
