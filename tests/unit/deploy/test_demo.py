from deploy.local.demo import is_whole
from tests.unit.weaver.client.answers import lost, message, picture, response
from weaver.client.answer import answer


def test_a_story_is_whole_when_text_and_every_picture_came() -> None:
    whole = answer(response(message("Once."), picture("img1"), message("The end.")))
    assert is_whole(whole, pictures=1)
    assert not is_whole(whole, pictures=2)
    assert not is_whole(answer(response(picture("img1"))), pictures=1)
    assert not is_whole(answer(response(message("Once."), lost("img1"))), pictures=1)
    assert not is_whole(answer(response(message("Once."), picture("img1"), status="incomplete")), pictures=1)
