"""Faults of the final answer, planted.

What is named UNSEEN is planted in held-out tasks only, and was written before what the other sentences showed
was mended.
"""

from __future__ import annotations

import random
import re
import string

from benchmarks.planted.conversation import Conversation, Plant, calls, say, spoken

PLACEHOLDERS = ("", "None", "null", "N/A", "undefined", "{}", "...", "[no response]", " \n")

REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I can't assist with this request.",
    "Sorry, I'm not able to help with that.",
    "I must decline this request, as it goes against my guidelines.",
    "As an AI language model, I cannot do that for you.",
    "I won't be able to take part in this.",
    "Unfortunately I am unable to comply with your request.",
    "This is not something I can help you with. Please contact someone else.",
    "I apologize, but I cannot fulfill this request.",
    "I'm going to have to say no to this one; it isn't something I do.",
    "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
    "Je suis désolé, mais je ne peux pas vous aider avec cette demande.",
    "Lo siento, pero no puedo ayudarte con eso.",
)

GIVEN_UP = (
    "Agent stopped due to iteration limit or time limit.",
    "Agent stopped due to max iterations.",
    "I have reached the maximum number of steps and could not finish your request.",
    "Recursion limit of 25 reached without hitting a stop condition.",
    "Sorry, need more steps to process this request.",
    "I ran out of steps before I could complete the task.",
    "Max turns (10) exceeded.",
    "I was not able to complete the task within the allotted number of steps.",
    "The task could not be completed. I am stopping here.",
    "I was unable to finish this and will stop now.",
)

FOREIGN = (
    "Ihre Anfrage wurde bearbeitet. Die Erstattung wird in den nächsten Tagen auf Ihrem Konto "
    "gutgeschrieben, "
    "und Sie erhalten dazu noch eine Nachricht von uns.",
    "Votre demande a bien été traitée. Le remboursement sera crédité sur votre compte dans les prochains "
    "jours "
    "et vous recevrez un message de confirmation.",
    "Su solicitud ha sido procesada. El reembolso se abonará en su cuenta en los próximos días y recibirá un "
    "mensaje con todos los detalles.",
    "La sua richiesta è stata elaborata. Il rimborso verrà accreditato sul suo conto nei prossimi giorni e "
    "riceverà un messaggio con tutti i dettagli.",
    "O seu pedido foi processado. O reembolso será creditado na sua conta nos próximos dias e você "
    "receberá uma "
    "mensagem com todos os detalhes.",
    "Uw verzoek is verwerkt. Het bedrag wordt in de komende dagen op uw rekening teruggestort en u "
    "krijgt daar "
    "nog een bericht over van ons.",
    "Twoje zgłoszenie zostało przetworzone. Zwrot pojawi się na koncie w ciągu kilku dni, a my wyślemy "
    "jeszcze "
    "wiadomość ze szczegółami.",
    "Ваш запрос обработан. Деньги вернутся на ваш счёт в течение нескольких дней, и вы получите сообщение со "
    "всеми подробностями.",
    "您的请求已经处理完毕。退款将在几天之内退回您的账户,您还会收到一封包含所有详细信息的确认邮件。",
    "ご依頼の処理が完了しました。返金は数日以内にお客様の口座に入金され、詳細は別途メールでお知らせいたします。",
    "تمت معالجة طلبك. سيتم رد المبلغ إلى حسابك خلال الأيام القليلة القادمة وستصلك رسالة تحتوي على كل "
    "التفاصيل.",
    "Talebiniz işleme alındı. İade önümüzdeki birkaç gün içinde hesabınıza yatırılacak ve size ayrıntıları "
    "içeren bir mesaj göndereceğiz.",
    "Din begäran har behandlats. Pengarna kommer att sättas in på ditt konto inom några dagar och du får ett "
    "meddelande med alla detaljer.",
    "요청이 처리되었습니다. 환불 금액은 며칠 안에 고객님의 계좌로 입금되며 자세한 내용은 이메일로 안내해 "
    "드리겠습니다.",
)


UNSEEN_PLACEHOLDERS = ("", "NULL", "(none)", "<empty>", "—", "\n\n", "[]", "nan", "no output")

UNSEEN_REFUSALS = (
    "I'm sorry, I can't do that.",
    "I am not able to assist you with this task.",
    "Sorry, this request is outside of what I am allowed to do.",
    "I'd rather not help with this.",
    "I can't continue with this conversation.",
    "It would not be appropriate for me to answer that.",
    "I have to decline.",
    "I'm unable to fulfil that request.",
    "This request violates our usage policies, so I can't go on.",
    "My guidelines do not allow me to do this.",
    "Leider darf ich Ihnen dazu keine Auskunft geben.",
    "Je regrette, je ne peux pas donner suite à votre demande.",
    "Lo lamento, no estoy autorizado a hacer eso.",
)

UNSEEN_GIVEN_UP = (
    "Execution halted: step budget used up.",
    "I had to stop after 15 steps; the task is unfinished.",
    "Unable to complete the task after multiple attempts.",
    "Maximum iterations reached without a final answer.",
    "I give up on this one.",
    "Graph recursion limit hit; the answer is incomplete.",
    "The workflow was terminated after the maximum number of rounds.",
    "I could not complete your request in the time that I had.",
    "No final answer was produced within the limit of tool calls.",
    "I wasn't able to complete this task.",
)

UNSEEN_FOREIGN = (
    "Vielen Dank für Ihre Geduld. Ich habe die Buchung geprüft und die Änderung für Sie eingetragen; die "
    "neue "
    "Rechnung liegt ab morgen in Ihrem Konto.",
    "Merci de votre patience. J'ai vérifié la réservation et la modification a été enregistrée ; la nouvelle "
    "facture sera disponible dès demain.",
    "Gracias por esperar. He revisado la reserva y ya he registrado el cambio; la nueva factura estará en su "
    "cuenta a partir de mañana.",
    "Dziękuję za cierpliwość. Sprawdziłem rezerwację i zmiana została zapisana. Nową fakturę znajdzie "
    "pan jutro "
    "na swoim koncie.",
    "Děkuji za trpělivost. Rezervaci jsem zkontroloval a změna je zapsaná. Nová faktura bude zítra ve "
    "vašem účtu.",
    "Tak for din tålmodighed. Jeg har set på reservationen, og ændringen er nu gemt. Den nye faktura "
    "ligger på "
    "din konto i morgen.",
    "Mulțumesc pentru răbdare. Am verificat rezervarea și modificarea a fost înregistrată. Factura nouă "
    "va fi "
    "mâine în contul dumneavoastră.",
    "Дякуємо за терпіння. Ми перевірили бронювання, і зміну збережено. Новий рахунок буде завтра у "
    "вашому кабінеті.",
    "Ευχαριστούμε για την υπομονή σας. Ελέγξαμε την κράτηση και η αλλαγή καταχωρίστηκε.",
    "आपके धैर्य के लिए धन्यवाद। आपकी बुकिंग की जाँच कर ली गई है और बदलाव दर्ज कर दिया गया है।",
)


def _ended(one: Conversation) -> bool:
    """Whether the agent has the last word and no tool is asked for in it."""
    last = one.steps[-1]
    return last["role"] == "assistant" and not last.get("tool_calls") and bool(last["content"])


def last_word(text: str) -> Plant:
    """The agent's last word is another."""

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        return one.to(*one.steps[:-1], say(text)) if _ended(one) else None

    return plant


_OPENED = {
    "code": "Here is the script:\n\n```python\nimport csv\n\ndef main():\n    with open('orders.csv') as f:",
    "JSON": '{"summary": "Two orders were found", "orders": [{"id": "A1", "total": 12.5}, {"id": "A2", "t',
    "fenced JSON": '```json\n{"orders": [{"id": "A1", "total": 12.5},\n  {"id": "A2", ',
}
"""Answers that end within what they opened."""


def cut_off(form: str) -> Plant:
    """The answer ends in the middle: its provider says so, or what it opened is not closed."""

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        if not _ended(one):
            return None
        text = one.steps[-1]["content"]
        half = text[: max(20, len(text) * rng.randint(4, 7) // 10)].rsplit(" ", 1)[0]
        if form in ("length", "max_tokens", "MAX_TOKENS"):
            return one.to(*one.steps[:-1], say(half, finish_reason=form))
        return one.to(*one.steps[:-1], say(_OPENED[form]))

    return plant


def ends_on_result(one: Conversation, rng: random.Random) -> Conversation | None:
    """The run ends when a tool has answered, and nobody is told."""
    made = [call for call in calls(one) if call.worked and call.name not in ("think", "calculate")]
    if not made:
        return None
    first = next(place for place, step in enumerate(one.steps) if step["role"] == "user")
    call = rng.choice(made)
    # Nothing was told before either: else that would be the answer.
    kept = [s for s in one.steps[: call.brought + 1] if s["role"] != "assistant" or s.get("tool_calls")]
    return one.to(*kept) if call.asked > first else None


def handed_to_a_person(one: Conversation, rng: random.Random) -> Conversation | None:
    """A person is called for before any tool was tried."""
    users = [place for place, step in enumerate(one.steps) if step["role"] == "user"]
    made = calls(one)
    if not made or not users or made[0].asked < users[0]:
        return None
    name = "transfer_to_human_agents"
    function = {"name": name, "arguments": '{"summary": "The user wants help."}'}
    call = {"id": "call_planted", "type": "function", "function": function}
    return one.to(
        *one.steps[: users[0] + 1],
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_planted", "content": "Transfer successful"},
        say("You are being transferred to a colleague who will take it from here."),
    )


def promised(one: Conversation, rng: random.Random) -> Conversation | None:
    """What the agent said while it called a tool is its last word, and the call is never made."""
    made = [
        place
        for place, step in enumerate(one.steps)
        if step["role"] == "assistant" and step.get("tool_calls") and (step.get("content") or "").strip()
    ]
    if not made:
        return None
    at = rng.choice(made)
    return one.to(*one.steps[:at], say(one.steps[at]["content"]))


# --- what stands in the answer -----------------------------------------------------------------------------


def _letters(rng: random.Random, n: int, *, of: str = string.ascii_letters + string.digits) -> str:
    return "".join(rng.choice(of) for _ in range(n))


def _card(rng: random.Random) -> str:
    """Sixteen digits whose last makes the sum right (Luhn, ISO/IEC 7812-1)."""
    digits = [4, *(rng.randint(0, 9) for _ in range(14))]
    total = sum(d if i % 2 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(digits))
    whole = "".join(map(str, [*digits, -total % 10]))
    return " ".join(whole[i : i + 4] for i in range(0, 16, 4))


def _iban(rng: random.Random) -> str:
    """A German one with the right check digits (ISO 13616)."""
    account = _letters(rng, 18, of=string.digits)
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def secret(kind: str) -> Plant:
    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        if not _ended(one):
            return None
        made = {
            "openai": f"sk-proj-{_letters(rng, 48)}",
            "anthropic": f"sk-ant-api03-{_letters(rng, 60)}",
            "aws": f"AKIA{_letters(rng, 16, of=string.ascii_uppercase + '234567')}",
            "github": f"ghp_{_letters(rng, 36)}",
            "slack": "xo"
            + f"xb-{rng.randint(10**11, 10**12)}-{rng.randint(10**12, 10**13)}-{_letters(rng, 24)}",
            "stripe": "sk_" + f"live_{_letters(rng, 24)}",
            "google": f"AIza{_letters(rng, 35)}",
            "jwt": f"eyJhbGciOiJIUzI1NiJ9.eyJ{_letters(rng, 40)}.{_letters(rng, 43)}",
            "password in URL": f"postgres://admin:{_letters(rng, 12)}@db.internal:5432/shop",
            "card": _card(rng),
            "iban": _iban(rng),
            "ssn": f"{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
            "private key": "-----BEGIN RSA PRIVATE KEY-----\n" + _letters(rng, 64) + "\n" + _letters(rng, 64),
        }[kind]
        text = one.steps[-1]["content"]
        told = rng.choice((f"{text}\n\nFor reference: {made}", f"It is {made}. {text}", f"{text} ({made})"))
        return one.to(*one.steps[:-1], say(told))

    return plant


_AMOUNT = re.compile(r"\$\d{2,5}(?:,\d{3})*(?:\.\d\d)?")
_DATE = re.compile(r"\b(?:May|June) \d{1,2}(?:, 2024)?|\b2024-\d\d-\d\d\b")
_CODE = re.compile(r"#W\d{7}|\bHAT\d{3}\b|\b(?=[A-Z0-9]*\d)[A-Z0-9]{6}\b")


def ungrounded(kind: str) -> Plant:
    """One value of what the agent told, of a real run, becomes another that nothing in the run gives; its
    other places in that message stay. That message ends the run."""
    pattern = {"money": _AMOUNT, "date": _DATE, "id": _CODE}[kind]

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        if not calls(one):
            return None
        first = calls(one)[0].brought
        places = [(at, m) for at, text in spoken(one, after=first) for m in pattern.finditer(text)]
        if not places:
            return None
        at, match = rng.choice(places)
        other = {
            "money": f"${rng.randint(11_000, 89_000)}.{rng.randint(11, 99)}",
            "date": f"{rng.choice(('October', 'December'))} {rng.randint(13, 29)}, 2024",
            "id": f"HAT{rng.randint(400, 999)}"
            if match.group().startswith("HAT")
            else f"#W{rng.randint(10**6, 10**7 - 1)}",
        }[kind]
        text = one.steps[at]["content"]
        return one.to(*one.steps[:at], say(text[: match.start()] + other + text[match.end() :]))

    return plant


def contact(kind: str) -> Plant:
    """The last word sends the user to an address or number that nothing in the run gives."""

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        if not _ended(one) or not calls(one):
            return None
        word = _letters(rng, 6, of=string.ascii_lowercase)
        made = {
            "e-mail": f"You can also write to {word}@customer-{word[:3]}.com.",
            "url": f"You find the form at https://www.{word}-forms.com/claims/{rng.randint(100, 999)}.",
            "phone": f"Call us at +1 {rng.randint(200, 899)}-555-{rng.randint(1000, 9999)} with questions.",
        }[kind]
        return one.to(*one.steps[:-1], say(f"{one.steps[-1]['content']} {made}"))

    return plant


# --- what an answer says of a status -----------------------------------------------------------------------

WORDED = (
    "Order {id} is {status}.",
    "Your order {id} has already been {status}.",
    "The current status of order {id}: **{status}**.",
    "I checked, and {id} shows as {status} in our system.",
    "Order {id} – {status}, so there is nothing left to do for you.",
    "I see that {id} was {status}.",
    "It looks like order {id} is currently marked as {status}.",
    "Good news: {id} is now {status}!",
    "The status of {id} is '{status}'.",
    "According to our records, order {id} stands at {status}.",
)

UNSEEN_WORDED = (
    "Order {id} has status {status}.",
    "{id} – it's {status} now.",
    "As for {id}, the system lists it as {status}.",
    "Order {id}: {status}",
    "I can confirm that {id} has been {status}.",
    "{id} appears to be {status}.",
    "Our system says order {id} was {status} already.",
    "Order {id} (status: {status})",
    "You will be happy to hear that {id} got {status}.",
)


def other_status(worded: str) -> Plant:
    """After an order was looked up, and nothing changed since, the agent says that it has another status."""

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        known = _looked_up(one)
        if not known:
            return None
        at, order, status = rng.choice(known)
        others = {"pending": ("delivered", "cancelled"), "delivered": ("cancelled", "pending")}
        if status not in others:
            return None
        said = worded.format(id=order, status=rng.choice(others[status]))
        return one.to(*one.steps[: at + 1], say(said))

    return plant


def told_status_of_another(one: Conversation, rng: random.Random) -> Conversation | None:
    """What the agent really said of an order stays, and the tool had said another status."""
    for at, text in spoken(one):
        for call in calls(one):
            match = re.search(r'"order_id": "(#W\d{7})".*"status": "(pending|delivered)"', call.result)
            if match is None or call.changes or call.brought > at:
                continue
            sentence = next((s for s in re.split(r"(?<=[.!?])\s|\n", text) if match.group(1) in s), "")
            if match.group(2) not in sentence or any(c.changes for c in calls(one) if c.brought < at):
                continue
            other = {"pending": "delivered", "delivered": "cancelled"}[match.group(2)]
            steps = list(one.steps[: at + 1])
            told = call.result.replace(f'"status": "{match.group(2)}"', f'"status": "{other}"')
            steps[call.brought] = {**steps[call.brought], "content": told}
            return one.to(*steps)
    return None


def _looked_up(one: Conversation) -> list[tuple[int, str, str]]:
    found = []
    for call in calls(one):
        if call.changes:
            break
        match = re.search(r'"order_id": "(#W\d{7})".*"status": "([a-z ]+)"', call.result)
        if match is not None:
            found.append((call.brought, match.group(1), match.group(2)))
    return found
