"""Answers in another language than the question; silence where nobody can be sure, or it was wanted."""

from __future__ import annotations

import pytest

from roadworthy.features.judge.detectors.wrong_language import DETECTOR
from roadworthy.features.judge.languages import language, script
from tests.unit.judge.detectors.making import Talk, found

TEXTS = {
    "English": "Your order has been sent and it will be with you by Friday. If you have any more "
    "questions, "
    "please let us know and we will be happy to help.",
    "German": "Ihre Bestellung ist unterwegs und wird am Freitag bei Ihnen sein. Wenn Sie noch "
    "Fragen haben, "
    "können Sie sich gerne bei uns melden, wir helfen Ihnen auch bei dem Rest.",
    "French": "Votre commande est en route et elle sera chez vous vendredi. Si vous avez des "
    "questions, nous "
    "sommes là pour vous aider avec plaisir dans les plus brefs délais.",
    "Spanish": "Su pedido está en camino y llegará el viernes. Si tiene más preguntas, no dude en "
    "escribirnos, "
    "estamos aquí para lo que usted necesite con el resto de la compra.",
    "Portuguese": "O seu pedido já está a caminho e chega na sexta-feira. Se você não receber a "
    "mercadoria, "
    "entre em contato com a nossa equipe para que possamos ajudar, mas isso não foi preciso.",
    "Italian": "Il suo ordine è in viaggio e arriva venerdì. Se ha altre domande può scrivere alla nostra "
    "assistenza, che sono sempre pronti per aiutarla anche con gli altri ordini della settimana.",
    "Dutch": "Uw bestelling is onderweg en wordt vrijdag bij u bezorgd. Als u nog vragen hebt, dan "
    "kunt u ons "
    "altijd een bericht sturen, we helpen u graag met de rest van het proces.",
    "Polish": "Pana zamówienie jest w drodze i będzie w piątek. Jeśli są jeszcze jakieś pytania, to "
    "proszę się "
    "z nami skontaktować, bo nie wszystko może być jasne od razu dla każdego, ale pomożemy.",
    "Swedish": "Din beställning är på väg och kommer på fredag. Om du inte har fått den till dess "
    "kan du höra "
    "av dig till oss, så ska vi hjälpa dig med det som är kvar från din order.",
    "Turkish": "Siparişiniz yola çıktı ve cuma günü size ulaşacak. Başka bir sorunuz var mı, lütfen "
    "bize yazın; "
    "bu konuda size daha çok yardımcı olmak için buradayız ama şimdilik bir şey yok.",
}
SCRIPTS = {
    "cyrillic": "Ваш заказ уже в пути и будет у вас в пятницу.",
    "han": "您的订单已经发货,预计星期五送达。",
    "kana": "ご注文の商品は発送済みで、金曜日に届く予定です。",
    "hangul": "주문하신 상품은 발송되었으며 금요일에 도착합니다.",
    "arabic": "طلبك في الطريق وسيصل إليك يوم الجمعة القادم",
    "hebrew": "ההזמנה שלך בדרך ותגיע אליך ביום שישי",
    "greek": "Η παραγγελία σας είναι καθ' οδόν και θα φτάσει την Παρασκευή.",
    "devanagari": "आपका ऑर्डर रास्ते में है और शुक्रवार को पहुँच जाएगा।",
    "thai": "คำสั่งซื้อของคุณกำลังจัดส่งและจะถึงในวันศุกร์",
}


@pytest.mark.parametrize(("name", "text"), TEXTS.items())
def test_languages_are_told(name: str, text: str) -> None:
    assert script(text) == "latin" and language(text) == name


@pytest.mark.parametrize(("name", "text"), SCRIPTS.items())
def test_scripts_are_told(name: str, text: str) -> None:
    assert script(text) == name


@pytest.mark.parametrize("asked", ["German", "French", "Spanish", "Dutch", "Polish", "Turkish"])
def test_another_language_is_found_both_ways(asked: str) -> None:
    [finding] = found(DETECTOR, Talk(TEXTS[asked]).says(TEXTS["English"]))
    assert asked in finding.reason and "English" in finding.reason
    assert found(DETECTOR, Talk(TEXTS["English"]).says(TEXTS[asked]))
    assert not found(DETECTOR, Talk(TEXTS[asked]).says(TEXTS[asked]))


@pytest.mark.parametrize("written", SCRIPTS)
def test_another_script_is_found_both_ways(written: str) -> None:
    assert found(DETECTOR, Talk(TEXTS["English"]).says(SCRIPTS[written]))
    assert found(DETECTOR, Talk(SCRIPTS[written]).says(TEXTS["English"]))
    assert not found(DETECTOR, Talk(SCRIPTS[written]).says(SCRIPTS[written]))


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("Translate this into German, please: " + TEXTS["English"], TEXTS["German"]),
        (TEXTS["English"] + " How do I say that in French?", TEXTS["French"]),
        ("Wo ist meine Bestellung?", "OK."),
        (
            "Was macht dieser Code und wie kann ich ihn auch bei mir nutzen?",
            "```python\n" + "x = is_the(of)\n" * 9,
        ),
        ("Wie heißt das Lied?", '"' + TEXTS["English"] + '"'),
        ("I'd like to do a return to the store I got it in", TEXTS["English"]),
        ("", TEXTS["English"]),
        ("?" * 500, "!" * 500),
        (TEXTS["English"], "QUJDRA== " * 400),
        (TEXTS["English"], "\x00\x01\ufffd" * 400),
        (
            TEXTS["Swedish"],
            "Din ordre er på vej og kommer på fredag, og du kan også skrive til os om det er.",
        ),
    ],
)
def test_silent(asked: str, answer: str) -> None:
    assert not found(DETECTOR, Talk(asked).says(answer))


def test_instructions_may_want_another_language() -> None:
    talk = Talk(TEXTS["German"], system="Always answer in English.").says(TEXTS["English"])
    assert not found(DETECTOR, talk)
