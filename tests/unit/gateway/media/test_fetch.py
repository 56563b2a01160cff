"""Images fetched from elsewhere: what is taken, and every way into our own network that must stay shut."""

from ipaddress import ip_address

import pytest

from gateway.media.check import InvalidImage
from gateway.media.fetch import MOST_REDIRECTS, RemoteImages, is_public
from tests.tls_site import LOOPBACK, said, site

ANSWERS = {
    "/fox.png": said(200, b"pixels", content_type="image/png; q=1"),
    "/typeless": said(200, b"pixels", content_type="application/octet-stream"),
    "/jpg": said(200, b"pixels", content_type="image/jpg"),
    "/moved": said(302, location="/fox.png"),
    "/loop": said(302, location="/loop"),
    "/plain": said(301, location="http://pictures.test/fox.png"),
    "/inside": said(307, location="https://inside.test/secrets"),
    "/metadata": said(302, location="https://169.254.169.254/latest"),
    "/nonsense": said(302, location="https://[nonsense"),
    "/script": said(302, location="javascript:1"),
    "/no-name": said(302, location="https://xn--a/fox.png"),
    "/nowhere": said(302, location="https://"),
    "/gone": said(404, b"secret words"),
    "/large": said(200, b"x" * 200),
    "/announced": said(200, b"", content_length="1000"),
    "/silent": None,
    "/broken": b"not http at all\r\n\r\n",
}


@pytest.fixture
async def there(tmp_path):
    async with site(tmp_path, ANSWERS) as there:
        yield there


def remote(there, timeout_s=20.0, **changes):
    given = {"resolve": there.resolve, "allowed": lambda address: address == LOOPBACK, "tls": there.tls}
    return RemoteImages(100, timeout_s, **given | changes)


async def why_not(remote, url):
    with pytest.raises(InvalidImage) as refused:
        await remote.fetch(url, "input[0]")
    assert refused.value.param == "input[0]"
    return refused.value.message


@pytest.mark.parametrize("path", ["/fox.png", "/typeless", "/jpg", "/moved"])
async def test_an_image_is_fetched_whatever_its_server_calls_it(there, path):
    fetched = await remote(there).fetch(there.url(path), "input[0]")

    assert fetched == b"pixels"
    assert f"host: pictures.test:{there.port}" in there.asked[0].lower()


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/loop", "more than 3 times"),
        ("/plain", "only https"),
        ("/metadata", "not at a public address"),
        ("/nonsense", "cannot be reached over https"),
        ("/script", "cannot be reached over https"),
        ("/no-name", "cannot be reached over https"),
        ("/nowhere", "more than 3 times"),
        ("/gone", "answers 404"),
        ("/large", "at most 100 bytes"),
        ("/announced", "holds 1000 bytes; at most 100 bytes"),
        ("/broken", "cannot be reached over https"),
    ],
)
async def test_what_cannot_or_must_not_be_had_is_refused_with_the_reason(there, path, why):
    told = await why_not(remote(there), there.url(path))

    assert why in told
    assert "secret" not in told


async def test_redirects_are_followed_no_further_than_allowed(there):
    await why_not(remote(there), there.url("/loop"))

    assert len(there.asked) == MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://pictures.test/a.png", "only https"),
        ("file:///etc/passwd", "only https"),
        ("ftp://pictures.test/a.png", "only https"),
        ("fox.png", "no scheme"),
        ("https://", "only https"),
        ("https://xn--a/a.png", "is not a URL"),
        ("https://user:secret@pictures.test/a.png", "user name or password"),
        ("https://pictures.test:99999/", "names port 99999"),
        ("https://pictures.test/" + "a" * 3000, "3022 characters; at most 2048"),
    ],
)
async def test_only_plain_https_urls_are_followed(there, url, why):
    assert why in await why_not(remote(there), url)
    assert there.asked == []


async def test_every_redirect_is_checked_anew(there):
    async def resolve(host, port):
        return [ip_address("10.0.0.5") if host == "inside.test" else LOOPBACK]

    assert "not at a public address" in await why_not(remote(there, resolve=resolve), there.url("/inside"))


async def test_a_name_with_any_address_that_is_not_public_is_refused(there):
    async def resolve(host, port):
        return [LOOPBACK, ip_address("10.0.0.5")]

    assert "not at a public address" in await why_not(remote(there, resolve=resolve), there.url("/fox.png"))
    assert there.asked == []


async def test_the_connection_goes_to_the_address_that_was_judged(there):
    """A name that changes its mind after it was judged (DNS rebinding) is not asked a second time."""
    answers = []

    async def resolve(host, port):
        answers.append(LOOPBACK if not answers else ip_address("10.0.0.5"))
        return answers[-1:]

    await remote(there, resolve=resolve).fetch(there.url("/fox.png"), "input[0]")

    assert answers == [LOOPBACK]


async def test_an_unknown_name_and_one_without_addresses_are_refused(there):
    async def unknown(host, port):
        raise OSError("no such host at 10.0.0.1")

    async def nowhere(host, port):
        return []

    assert "not known" in await why_not(remote(there, resolve=unknown), there.url("/fox.png"))
    assert "not at a public" in await why_not(remote(there, resolve=nowhere), there.url("/fox.png"))


async def test_a_server_that_cannot_prove_its_name_is_not_believed(there):
    assert "over https" in await why_not(remote(there), there.url("/fox.png", host="other.test"))
    assert "over https" in await why_not(remote(there, tls=None), there.url("/fox.png"))
    assert there.asked == []


async def test_a_server_that_does_not_answer_is_given_up(there):
    assert "within 0.5 seconds" in await why_not(remote(there, timeout_s=0.5), there.url("/silent"))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_addresses_of_everybody_are_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fec0::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:0:1::1",
    ],
)  # fmt: skip
def test_addresses_of_a_network_or_of_nobody_are_not(address):
    assert not is_public(ip_address(address))
