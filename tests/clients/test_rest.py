"""openapi.yaml and the program agree: schemathesis asks what the contract allows, and what it does not."""

import json
import os
import re
import subprocess
import sys
import unittest
import urllib.request
from pathlib import Path

BASE = os.environ["TEST_CHANGING_URL"]
CONTRACT = Path(__file__).parents[2] / "openapi.yaml"
# Which values a report may name (a procedure that there is, a fiscal code with its check character) the contract cannot
# say: what it allows may be refused.
# Of many reports each is judged by itself: what is wrong with one is told in its item, with status 200.
UNSAID = "positive_data_acceptance,negative_data_rejection"
EMAIL, SECONDS = "rest@comune.example", 50


def ask(query, token=None, **variables):
    """The data of a GraphQL request."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{BASE}/graphql", body, headers)
    with urllib.request.urlopen(request) as answer:
        answered = json.load(answer)
    assert "errors" not in answered, answered
    return answered["data"]


def key():
    """A key of the demo municipality that may do everything to cases."""
    environment = os.environ | {"MUNICIPIO_DATA_DIR": os.environ["TEST_CHANGING_DATA_DIR"]}
    make = [os.environ["TEST_PROGRAM"], "user", "create", "--tenant", "c_m999", "--email", EMAIL, "--name", "Rest"]
    make += ["--role", "administrator", "--generate-password"]
    made = subprocess.run(make, env=environment, check=True, capture_output=True, text=True)
    password = re.search(r"shown once: (\S+)", made.stdout).group(1)
    sign_in = "mutation($i: SignInInput!) { signIn(input: $i) { session { accessToken } } }"
    session = ask(sign_in, i={"email": EMAIL, "password": password})["signIn"]["session"]
    make = "mutation($i: CreateApiKeyInput!) { createApiKey(input: $i) { secret } }"
    scopes = [{"action": "cases.read"}, {"action": "cases.work"}]
    made = ask(make, session["accessToken"], i={"name": "Rest", "scopes": scopes})
    return made["createApiKey"]["secret"]


class Contract(unittest.TestCase):
    def test_the_program_answers_as_the_contract_says(self):
        run = [Path(sys.executable).with_name("schemathesis"), "run", CONTRACT, "--url", f"{BASE}/api/v1"]
        run += ["--header", f"Authorization: Bearer {key()}", "--exclude-checks", UNSAID, "--no-color"]
        run += ["--max-examples", "60", "--max-time", str(SECONDS), "--generation-deterministic"]
        run += ["--request-timeout", "10"]
        ran = subprocess.run(run, capture_output=True, text=True, timeout=3 * SECONDS)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
