"""Scripts and letters; the reader's languages of the other cases take turns."""

import copy

from .base import POLISH_BUYER, line
from .case import case

# Those that take turns: each is one that the templates have texts for.
READERS = (
    *("de-DE", "fr-FR", "en-GB", "pl-PL", "ja-JP", "ar-AE", "es-ES", "it-IT", "nl-NL"),
    *("sv-SE", "tr-TR", "pt-PT", "zh-CN", "he-IL", "th-TH", "ko-KR", "vi-VN", "en-US"),
)


@case(locale="ja-JP", quick=True)
def japanese(request):
    request["buyer"]["name"] = "株式会社オズトゥルク製パン"
    request["lines"] = [line("小麦粉 550 タイプ、25 kg", "12", "18.90", "7"), line("講習（半日）", "1", "420.00")]


@case(locale="ar-AE", quick=True)
def arabic(request):
    request["buyer"]["name"] = "مخبز أوزتورك ذ.م.م"
    request["lines"] = [line("دقيق نوع 550، 25 كجم", "12", "18.90", "7"), line("تدريب", "1", "420.00")]


@case(locale="he-IL")
def hebrew(request):
    request["buyer"]["name"] = 'מאפיית אוזטורק בע"מ'
    request["lines"] = [line("קמח סוג 550", "12", "18.90", "7")]


@case(locale="pl-PL", quick=True)
def polish(request):
    request["buyer"] = copy.deepcopy(POLISH_BUYER)
    request["lines"] = [line("Mąka żytnia, łuskana", "12", "18.90", "0", "K")]
    request["delivery"] = {"date": "2026-11-18", "address": copy.deepcopy(POLISH_BUYER["address"])}


@case(locale="th-TH")
def thai(request):
    request["lines"][0]["name"] = "แป้งสาลีชนิด 550 ถุง 25 กก."


@case(locale="zh-CN")
def chinese(request):
    request["lines"][0]["name"] = "小麦粉，25公斤"
    request["buyer"]["name"] = "欧兹图尔克面包房"


@case()
def greek_and_cyrillic(request):
    request["lines"] = [line("Αλεύρι τύπου 550", "2", "18.90", "7"), line("Мука пшеничная", "3", "17.50", "7")]


@case()
def emoji_and_combining_marks(request):
    request["lines"][0]["name"] = "Café\u0301 ☕ 🥐 ﬁn, ½ kg, ′ ″ € – — „Ware“"
