"""What somebody made is theirs, by whatever they show: of others only administrators see it."""

from tests.accounts.team import Person, is_in, showing
from tests.api.serving import Api, until
from tests.api.test_sharing import job_of, link_to


def test_jobs_are_the_persons_by_whatever_he_shows(ada: Person) -> None:
    by_session, by_key = ada.client(), showing(ada.api, ada.key("jobs"))
    first, second = job_of(by_session), job_of(by_key)
    for client in (by_session, by_key):
        listed = {job["id"] for job in client.get("/v1/jobs").json()["jobs"]}
        assert listed == {first, second}
        assert client.get(f"/v1/jobs/{first}/units").status_code == 200


def test_of_others_only_administrators_see_anything(ada: Person) -> None:
    job = job_of(ada.client())
    other, admin = Person.of(ada.api, "member"), Person.of(ada.api, "administrator")
    assert other.client().get(f"/v1/jobs/{job}").status_code == 404
    assert other.client().get("/v1/jobs").json()["jobs"] == []
    assert admin.client().get(f"/v1/jobs/{job}").json()["id"] == job
    narrow = showing(ada.api, admin.key("jobs"))  # a key may do less than its person
    assert narrow.get(f"/v1/jobs/{job}").status_code == 404


def test_the_same_idempotency_key_of_a_person_is_one_job(ada: Person) -> None:
    job, header = {"source": "errand", "units": ["/1"]}, {"Idempotency-Key": "once"}
    clients = ada.client(), showing(ada.api, ada.key("jobs"))
    found = {one.post("/v1/jobs", json=job, headers=header).json()["id"] for one in clients}
    assert len(found) == 1


def test_a_name_that_somebody_else_has_is_taken_but_shows_nothing(ada: Person) -> None:
    named = {"source": "errand", "units": ["/1"], "name": f"of-{ada.name}"}
    assert ada.client().post("/v1/jobs", json=named).status_code == 202
    refused = Person.of(ada.api, "member").client().post("/v1/jobs", json=named)
    assert refused.status_code == 409
    assert refused.json()["detail"] == f"there is a job 'of-{ada.name}' already: take another name"


def test_a_key_does_no_more_than_its_person_may_today(ada: Person) -> None:
    key = ada.key("read", "jobs", "admin")
    assert showing(ada.api, key).get("/v1/session").json()["scopes"] == ["jobs", "read"]
    ada.api.execute(f"update users set role = 'reader' where id = '{ada.id}'")  # noqa: S608 - our own
    until(lambda: showing(ada.api, key).get("/v1/jobs").status_code == 403)


def test_who_is_disabled_has_nothing_left(ada: Person) -> None:
    token, key = ada.tokens()["access_token"], ada.key("jobs")
    link = link_to(showing(ada.api, key), job_of(showing(ada.api, token)))["address"]
    assert ada.api.client().get(link).status_code == 200
    admin = Person.of(ada.api, "administrator").client()
    assert admin.patch(f"/v1/people/{ada.name}", json={"is_disabled": True}).status_code == 200
    assert not is_in(ada.api, token)
    assert not is_in(ada.api, key)
    assert ada.api.client().get(link).status_code == 404
    assert ada.signs_in().status_code == 401


def test_a_link_ends_with_the_key_that_it_was_made_with(ada: Person) -> None:
    by_session, key = ada.client(), ada.key("jobs")
    job = job_of(by_session)
    kept = link_to(by_session, job)["address"]
    gone = link_to(showing(ada.api, key), job)["address"]
    assert by_session.delete(f"/v1/keys/{key.split('_')[1]}").status_code == 204
    assert ada.api.client().get(gone).status_code == 404
    assert ada.api.client().get(kept).status_code == 200
    assert len(by_session.get(f"/v1/jobs/{job}/links").json()["links"]) == 1


def test_keys_are_made_by_their_person_and_do_no_more(ada: Person) -> None:
    client = ada.client()
    made = client.post("/v1/keys", json={"name": "notebook", "scopes": ["jobs"], "days": 7})
    assert made.status_code == 201
    assert job_of(showing(ada.api, made.json()["key"]))
    assert [key["name"] for key in client.get("/v1/keys").json()["keys"]] == ["notebook"]
    refused = client.post("/v1/keys", json={"name": "more", "scopes": ["admin"]})
    assert refused.status_code == 403
    assert Person.of(ada.api, "member").client().get("/v1/keys").json()["keys"] == []


def test_a_key_makes_no_keys_that_would_outlive_it(ada: Person) -> None:
    other = ada.key("read").split("_")[1]
    key = ada.key("read", "jobs")
    client = showing(ada.api, key)
    refused = client.post("/v1/keys", json={"name": "more", "scopes": ["read"]})
    assert (refused.status_code, refused.json()["detail"]) == (
        403, "a key makes and revokes no other keys: sign in",
    )  # fmt: skip
    assert client.delete(f"/v1/keys/{other}").status_code == 403
    assert client.delete(f"/v1/keys/{key.split('_')[1]}").status_code == 204


def test_an_administrator_does_not_lock_himself_out(api: Api) -> None:
    admin = Person.of(api, "administrator")
    client = admin.client()
    for change in ({"is_disabled": True}, {"role": "reader"}):
        assert client.patch(f"/v1/people/{admin.name}", json=change).status_code == 403
