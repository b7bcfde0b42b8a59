"""Language detection by script and, for scripts that several languages share, by common words.

Our own, because good maintained libraries bring models of many megabytes, and a rule needs a few dozen languages.
"""

import re
import unicodedata
from collections import Counter

from django.utils.translation import gettext_lazy as _

NAMES = {
    "ar": _("Arabic"), "cs": _("Czech"), "da": _("Danish"), "de": _("German"), "el": _("Greek"), "en": _("English"),
    "es": _("Spanish"), "fa": _("Persian"), "fi": _("Finnish"), "fr": _("French"), "he": _("Hebrew"),
    "hi": _("Hindi"), "hu": _("Hungarian"), "id": _("Indonesian"), "it": _("Italian"), "ja": _("Japanese"),
    "ko": _("Korean"), "nl": _("Dutch"), "no": _("Norwegian"), "pl": _("Polish"), "pt": _("Portuguese"),
    "ro": _("Romanian"), "ru": _("Russian"), "sv": _("Swedish"), "th": _("Thai"), "tr": _("Turkish"),
    "uk": _("Ukrainian"), "vi": _("Vietnamese"), "zh": _("Chinese"),
}  # fmt: skip

COMMON = {
    "cs": "a v se na že je to s z i do o pro ale jako za by tak po jsem jsou nebo když která který už jen není",
    "da": "og i at det er en til på som med af for ikke den der jeg har de et var vi han fra men også kan hvis eller",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an er hat aus sie "
    "nach bei um noch wie aber nur oder wenn war ich wir dass kann sind habe was mir so",
    "en": "the of and to in is that it for was on are as with they at be this have from or by not but what all were "
    "we when your can there an which their if will would about how i you my so has do me just out very",
    "es": "de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o este sí "
    "porque esta entre cuando muy sin sobre también me hasta hay donde quien yo eso todo",
    "fi": "ja on ei se että oli hän mutta ovat kun niin myös joka tai mitä en ole sen olen kuin minä vain jos hyvin",
    "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la mais comme "
    "ou si leur y dont tout nous sa fait ses je vous avec cette été c'est j'ai on très",
    "hu": "a az és hogy nem is egy ez ha de csak van meg mint már még azt volt ami vagy el kell én mert nagyon lesz",
    "id": "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka kita bisa adalah",
    "it": "di e il la che in un a per è del non una con si da i le ma come sono nel più al anche lo se della alla ho "
    "mi questo perché gli ha o molto io essere",
    "nl": "de van een het en in is dat op te zijn met voor niet aan er om ook als dan maar bij uit die ik je wat naar "
    "heeft door over hij nog was wel geen",
    "no": "og i det er på som en å til av for at med ikke den har jeg de et var fra men kan vi om han hun også noe",
    "pl": "i w na z do to się nie jest że o jak ale po za tak od co przez jako dla są może tego już tylko czy był mnie",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu "
    "sua ou ser quando muito há nos já está eu também isso você",
    "ro": "și în de la nu pe a cu că este o un din să mai sunt pentru care dar ce au fost am sau ca asta lui foarte",
    "ru": "и в не на я что он с как это по но они к у из за то мы так от же для бы вы все его она было только ещё мне "
    "если когда уже или нет меня быть очень",
    "sv": "och i att det som en på är av för med till den har de inte om ett jag var men från vi så kan när hade nu "
    "sig också mycket eller",
    "tr": "ve bir bu da de için çok ne ile ben var daha gibi o kadar ama ki olarak mi sonra değil en her olan şey ya",
    "uk": "і в не на що я з та до це у як за але є від він ми ви про так його для чи був й то вони бути дуже мене якщо",
    "vi": "và của là có không được cho một trong với những người này các để khi đã tôi cũng như rất",
}  # fmt: skip
WORDS = {language: frozenset(words.split()) for language, words in COMMON.items()}
LANGUAGE_OF_SCRIPT = {
    "GREEK": "el", "HEBREW": "he", "DEVANAGARI": "hi", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "THAI": "th",
    "CJK": "zh", "ARABIC": "ar",
}  # fmt: skip
LANGUAGES_SHARING_SCRIPT = {
    "LATIN": [language for language in WORDS if language not in {"ru", "uk"}],
    "CYRILLIC": ["ru", "uk"],
}
PERSIAN = frozenset("پچژگ")
UKRAINIAN, RUSSIAN = frozenset("іїєґ"), frozenset("ыэъё")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
MAX_EXAMINED = 2000
MIN_COMMON_WORDS = 2  # before one of several languages is chosen


def detect_language(text: str) -> str:
    """Return the language code of a text, or an empty string if it is unclear, as for a few words."""
    folded = text[:MAX_EXAMINED].casefold()
    scripts = Counter(script for sign in folded if sign.isalpha() and (script := script_of(sign)))
    if not scripts:
        return ""
    script = scripts.most_common(1)[0][0]
    if script == "CJK" and (scripts["HIRAGANA"] or scripts["KATAKANA"]):
        return "ja"
    if script == "ARABIC":
        return "fa" if PERSIAN & {*folded} else "ar"
    if script == "CYRILLIC" and (letters := {*folded}) & (UKRAINIAN | RUSSIAN):
        return "uk" if letters & UKRAINIAN else "ru"
    if script in LANGUAGES_SHARING_SCRIPT:
        return guess_by_words(folded, LANGUAGES_SHARING_SCRIPT[script])
    return LANGUAGE_OF_SCRIPT.get(script, "")


def script_of(sign: str) -> str:
    """Return a letter's script, such as LATIN: the first word of its Unicode name."""
    return unicodedata.name(sign, "").partition(" ")[0]


def guess_by_words(folded: str, languages: list[str]) -> str:
    """The language with the most common words in the text, if there is exactly one."""
    words = Counter(word.replace("’", "'") for word in WORD.findall(folded))
    scores = sorted(
        ((sum(words[word] for word in WORDS[language] & words.keys()), language) for language in languages),
        reverse=True,
    )
    (best, language), (second, _other) = scores[:2] if len(scores) > 1 else (*scores, (0, ""))
    return language if best >= MIN_COMMON_WORDS and best > second else ""
