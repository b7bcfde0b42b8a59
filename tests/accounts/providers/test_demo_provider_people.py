"""The demo provider's profiles and pictures, which match those of the real services."""

import io
from urllib.parse import urlencode

import jwt
from PIL import Image
from PIL.ExifTags import IFD, Base

from demo.identity_provider.people import LONG_NAME
from tests.accounts.service_client import BASIC, CALLBACK, VERIFIER, Response, ServiceClient, proof, send_request

# Profiles


def test_x_returns_the_requested_fields(x: ServiceClient) -> None:
    assert x.fetch_profile(fields="").keys() == {"id", "name", "username"}
    mara = x.fetch_profile()
    assert mara.keys() == {"id", "name", "username", "profile_image_url", "confirmed_email"}
    assert mara["name"] == "Mara Lindqvist"
    assert mara["username"] == "maralindqvist"
    assert isinstance(mara["id"], str)
    assert mara["id"].isdecimal()
    assert mara["confirmed_email"] == "mara.lindqvist@example.org"
    assert x.fetch_profile()["id"] == mara["id"] != x.fetch_profile("Mara L.")["id"]


def test_x_returns_only_a_confirmed_email_and_only_with_permission(x: ServiceClient) -> None:
    assert "confirmed_email" not in x.fetch_profile(scope="users.read tweet.read")
    assert "confirmed_email" not in x.fetch_profile("Kofi Asante")
    assert "confirmed_email" not in x.fetch_profile("Yuki Tanabe")
    assert x.fetch_profile("Teodor Marin")["confirmed_email"] == "moderator@example.org"


def test_x_returns_profile_errors_as_problem_details(x: ServiceClient) -> None:
    nobody = x.profile("none-of-ours")
    assert nobody.status == 401
    assert nobody.headers["content-type"] == "application/problem+json"
    assert nobody.json == {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    assert x.profile(x.token_of(scope="users.read")).status == 403
    unknown = x.profile(x.token_of(), "email")
    assert unknown.status == 400
    assert unknown.json["errors"][0]["parameters"] == {"user.fields": ["email"]}


def test_facebook_returns_the_requested_fields_and_the_id(facebook: ServiceClient) -> None:
    assert facebook.fetch_profile(fields="").keys() == {"id", "name"}
    assert facebook.fetch_profile(fields="email").keys() == {"id", "email"}
    mara = facebook.fetch_profile()
    picture = mara.pop("picture")["data"]
    assert mara == {"id": mara["id"], "name": "Mara Lindqvist", "email": "mara.lindqvist@example.org"}
    url = picture.pop("url")
    assert picture == {"height": 256, "width": 256, "is_silhouette": False}
    assert Image.open(io.BytesIO(send_request("GET", url).body)).size == (256, 256)
    assert facebook.fetch_profile("Yuki Tanabe", "picture")["picture"]["data"]["is_silhouette"]


def test_facebook_omits_fields_without_permission(facebook: ServiceClient) -> None:
    everything = "id,name,first_name,last_name,email,link,verified,locale"
    assert facebook.fetch_profile(fields=everything, scope="").keys() == {"id", "name", "first_name", "last_name"}
    assert "link" in facebook.fetch_profile(fields=everything, scope="user_link")
    assert "email" not in facebook.fetch_profile("Yuki Tanabe")
    assert facebook.fetch_profile("Kofi Asante")["email"] == "kofi.asante@example.net"


def test_facebook_checks_the_proof_and_returns_errors_in_the_format_of_the_graph_api(facebook: ServiceClient) -> None:
    token = facebook.token_of()

    def error(**query: str) -> tuple[int, str, str]:
        reply = send_request("GET", f"{facebook(facebook.me)}?{urlencode(query)}")
        assert reply.status == 400
        found = reply.json["error"]
        return found["code"], found["type"], found["message"]

    assert error(access_token=token)[:2] == (100, "GraphMethodException")
    wrong = error(access_token=token, appsecret_proof=proof("another"))
    assert wrong == (100, "GraphMethodException", "Invalid appsecret_proof provided in the API argument")
    assert error(access_token="none", appsecret_proof=proof("none"))[:2] == (190, "OAuthException")
    assert error()[:2] == (2500, "OAuthException")
    strange = error(access_token=token, appsecret_proof=proof(token), fields="id,shoe_size")
    assert strange == (
        100,
        "OAuthException",
        "(#100) Tried accessing nonexisting field (shoe_size) on node type (User)",
    )


def test_wordpress_returns_the_profile_and_whether_the_address_is_confirmed(wordpress: ServiceClient) -> None:
    mara = wordpress.fetch_profile()
    assert isinstance(mara["ID"], int)
    assert (mara["display_name"], mara["username"]) == ("Mara Lindqvist", "maralindqvist")
    assert (mara["email"], mara["email_verified"]) == ("mara.lindqvist@example.org", True)
    assert {"primary_blog_url", "avatar_URL", "profile_URL", "language", "token_scope"} <= mara.keys()
    kofi = wordpress.fetch_profile("Kofi Asante")
    assert (kofi["email"], kofi["email_verified"]) == ("kofi.asante@example.net", False)
    assert wordpress.fetch_profile("Vera Holt")["email"] == wordpress.fetch_profile("Teodor Marin")["email"]


def test_wordpress_returns_profile_errors_as_messages(wordpress: ServiceClient) -> None:
    nobody = wordpress.profile("none-of-ours")
    assert nobody.json == {"error": "invalid_token", "message": "The OAuth2 token is invalid."}
    assert send_request("GET", wordpress(wordpress.me)).json["error"] == "authorization_required"
    assert wordpress.profile(wordpress.token_of(scope="")).json["error"] == "unauthorized"


def test_two_people_have_the_same_address(oidc: ServiceClient) -> None:
    first, second = oidc.fetch_profile(), oidc.fetch_profile("Mara L.")
    assert first["sub"] != second["sub"]
    assert first["email"] == second["email"]
    assert first["email_verified"] is second["email_verified"] is True


def test_openid_connect_discovery_leads_to_a_key_that_verifies_the_token(oidc: ServiceClient) -> None:
    found = send_request("GET", oidc("/.well-known/openid-configuration")).json
    assert found["issuer"] == oidc("")
    assert found["authorization_endpoint"] == oidc(oidc.authorize)
    keys = jwt.PyJWKClient(found["jwks_uri"])
    answer = oidc.exchange(oidc.code(nonce="a nonce")).json
    key = keys.get_signing_key_from_jwt(answer["id_token"])
    claims = jwt.decode(answer["id_token"], key, algorithms=["RS256"], audience="demo", issuer=found["issuer"])
    assert claims["nonce"] == "a nonce"
    assert claims["sub"] == oidc.profile(answer["access_token"]).json["sub"]
    assert "nonce" not in jwt.decode(oidc.exchange(oidc.code()).json["id_token"], options={"verify_signature": False})


def test_openid_connect_returns_claims_by_scope(oidc: ServiceClient) -> None:
    assert oidc.fetch_profile(scope="openid").keys() == {"sub"}
    vera = oidc.fetch_profile("Vera Holt")
    assert (vera["email"], vera["email_verified"]) == ("moderator@example.org", False)
    assert "email" not in oidc.fetch_profile("Yuki Tanabe")
    assert "email" not in oidc.fetch_profile(scope="openid profile")


def test_openid_connect_authenticates_the_client_by_header_or_body(oidc: ServiceClient) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    assert send_request("POST", oidc(oidc.token), {**form, "code": oidc.code()}, BASIC).status == 200
    refused = oidc.exchange(oidc.code(), client_secret="guessed")
    assert refused.status == 401
    assert refused.json == {"error": "invalid_client"}
    assert "www-authenticate" in refused.headers
    assert send_request("GET", oidc(oidc.me)).headers["www-authenticate"] == "Bearer"


# Pictures


def picture_of(x: ServiceClient, name: str) -> Response:
    return send_request("GET", x.fetch_profile(name)["profile_image_url"])


def test_every_service_links_to_an_existing_picture(service: ServiceClient) -> None:
    mara = service.fetch_profile()
    named = {
        "x": lambda: mara["profile_image_url"],
        "facebook": lambda: mara["picture"]["data"]["url"],
        "wordpress": lambda: mara["avatar_URL"],
        "oidc": lambda: mara["picture"],
    }
    reply = send_request("GET", named[service.key]())
    assert reply.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(reply.body)).format == "PNG"


def test_x_links_to_a_small_picture_and_has_a_larger_one(x: ServiceClient) -> None:
    url = x.fetch_profile()["profile_image_url"]
    assert Image.open(io.BytesIO(send_request("GET", url).body)).size == (48, 48)
    larger = send_request("GET", url.replace("_normal", "_400x400"))
    assert Image.open(io.BytesIO(larger.body)).size == (400, 400)


def test_a_photo_contains_its_location_and_is_rotated(x: ServiceClient) -> None:
    reply = picture_of(x, "Łucja Wiśniewska")
    assert reply.headers["content-type"] == "image/jpeg"
    exif = Image.open(io.BytesIO(reply.body)).getexif()
    assert exif[Base.Orientation] == 6
    assert exif.get_ifd(IFD.GPSInfo)


def test_a_huge_picture_has_few_bytes(x: ServiceClient) -> None:
    reply = picture_of(x, "Bruno Castellanos")
    assert len(reply.body) < 100_000
    assert Image.open(io.BytesIO(reply.body)).size == (8000, 8000)


def test_some_pictures_are_hostile(x: ServiceClient) -> None:
    elsewhere = picture_of(x, "Noor de Wit")
    assert elsewhere.status == 302
    assert elsewhere.headers["location"].startswith("http://169.254.169.254/")
    assert b"<script>" in picture_of(x, "Sipho Dlamini").body
    page = picture_of(x, "Hana Novotná")
    assert page.headers["content-type"] == "image/png"
    assert b"<script>" in page.body


def test_the_long_name_is_complete(service: ServiceClient) -> None:
    who = service.fetch_profile(LONG_NAME)
    assert LONG_NAME in who.values()
    assert len(LONG_NAME) > 245
