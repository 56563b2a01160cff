import subprocess
import sys

HEAVY = {
    "fastapi",
    "starlette",
    "uvicorn",
    "PIL",
    "redis",
    "prometheus_client",
    "torch",
    "vllm",
    "typer",
    "jinja2",
}


def test_the_client_loads_nothing_of_the_server_or_of_the_terminal() -> None:
    script = f"import weaver, sys; print(sorted({HEAVY} & sys.modules.keys()))"
    outcome = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert outcome.stdout == "[]\n"


def test_everything_that_the_client_offers_is_named_in_order() -> None:
    import weaver

    assert weaver.__all__ == sorted(weaver.__all__)
