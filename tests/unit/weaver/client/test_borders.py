import subprocess
import sys

# Some systems' Pythons run a file of their own at every start, Debian's for one.
SITE = {"sitecustomize", "usercustomize"}
# What httpx and pydantic load themselves; httpx has a command line of its own.
HTTPX = {"httpx", "httpcore", "h11", "anyio", "sniffio", "certifi", "idna", "click", "rich", "pygments"}
PYDANTIC = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}


def test_the_client_loads_nothing_but_httpx_and_pydantic() -> None:
    modules = "sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names))"
    outcome = subprocess.run(
        [sys.executable, "-c", f"import weaver, sys; print(*{modules})"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name for name in outcome.stdout.split() if not name.startswith("_")}
    assert loaded - SITE <= {"weaver"} | HTTPX | PYDANTIC


def test_everything_that_the_client_offers_is_named_in_order() -> None:
    import weaver

    assert weaver.__all__ == sorted(weaver.__all__)
