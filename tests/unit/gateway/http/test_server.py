"""How the gateway is served."""

import httpx
from fastapi import FastAPI

from gateway.http.server import server_config
from gateway.settings import Settings

LOAD_BALANCERS_KEEP_S = 60


def test_a_connection_is_kept_for_longer_than_clients_and_load_balancers_keep_theirs() -> None:
    config = server_config(FastAPI(), Settings())
    clients_keep_s = httpx.Limits().keepalive_expiry
    assert clients_keep_s is not None
    assert config.timeout_keep_alive > max(clients_keep_s, LOAD_BALANCERS_KEEP_S)
