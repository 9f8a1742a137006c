from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from roadworthy.doors.rest.endpoints import Endpoints, LateRoute


class Sum(BaseModel):
    left: int
    right: int


def adding() -> Endpoints:
    router = Endpoints(prefix="/sums", tags=["sums"])

    @router.post("/{name}", operation_id="addUp", status_code=201)
    def add_up(name: str, body: Sum) -> dict[str, int]:
        return {name: body.left + body.right}

    return router


def app_of(router: Endpoints) -> FastAPI:
    app = FastAPI()
    app.router.routes.extend(router.routes)
    return app


def test_an_endpoint_is_worked_out_when_it_is_first_called() -> None:
    router = adding()
    (route,) = router.routes
    browser = TestClient(app_of(router))
    assert browser.get("/api/v1/else").status_code == 404
    assert "dependant" not in vars(route)
    answer = browser.post("/api/v1/sums/both", json={"left": 2, "right": 3})
    assert (answer.status_code, answer.json()) == (201, {"both": 5})
    assert "dependant" in vars(route)


def test_a_body_that_does_not_fit_is_refused_at_the_first_call() -> None:
    browser = TestClient(app_of(adding()))
    assert browser.post("/api/v1/sums/both", json={"left": 2, "right": "x"}).status_code == 422


def test_another_method_is_refused_with_those_it_takes() -> None:
    refused = TestClient(app_of(adding())).get("/api/v1/sums/both")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


def test_the_description_has_an_endpoint_that_nobody_called() -> None:
    said = app_of(adding()).openapi()
    operation = said["paths"]["/api/v1/sums/{name}"]["post"]
    assert operation["operationId"] == "addUp"
    assert operation["tags"] == ["sums"]
    assert set(operation["responses"]) >= {"201", "404", "422"}


def test_apps_of_one_process_share_what_was_worked_out() -> None:
    router = adding()
    TestClient(app_of(router)).post("/api/v1/sums/a", json={"left": 1, "right": 1})
    (route,) = router.routes
    assert isinstance(route, LateRoute)
    first = route.dependant
    assert TestClient(app_of(router)).post("/api/v1/sums/b", json={"left": 1, "right": 2}).json() == {"b": 3}
    assert route.dependant is first


def test_threads_that_ask_at_once_all_get_it_whole() -> None:
    for _ in range(20):
        (route,) = adding().routes
        together = Barrier(4)

        def ask(asked: object = route, barrier: Barrier = together) -> object:
            barrier.wait()
            return asked.app  # type: ignore[attr-defined]  # the attribute that is set last

        with ThreadPoolExecutor(4) as pool:
            found = [each.result() for each in [pool.submit(ask) for _ in range(4)]]
        assert len(set(map(id, found))) == 1


def test_what_no_endpoint_has_is_an_attribute_error() -> None:
    (route,) = adding().routes
    with pytest.raises(AttributeError, match="colour"):
        _ = route.colour  # type: ignore[attr-defined]
