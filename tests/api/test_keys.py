"""API keys: who makes them, what they open, when they do not."""

from tests.api.serving import Api


def test_a_first_start_on_this_machine_makes_one_key_of_an_administrator(server: Api) -> None:
    assert server.ask("select array_agg(scopes::text) from api_keys") == ["{admin}"]
