"""How numbers, days, units and currencies are written in cells and headings.

What can be read in one way only is read; what can be read in two ways is left to a person.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Self

from cleanworks import moments
from cleanworks.standards.checks import PLACEHOLDER

DATES = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
)
ISO = DATES[0]


class Exact(str):
    """The text of a cell that is no text: a number with a decimal point, or a day in ISO 8601."""

    __slots__ = ()

    def strip(self, chars: str | None = None, /) -> Self:
        """The same: there is nothing around it, and it stays what it is."""
        return self


# Words ---------------------------------------------------------------------------------------------------------------------

_TOTAL = re.compile(
    r"(grand |general |overall |sub[ -]?)?(totals?|totales?|totaux)( general| generale?s?)?|carried forward|brought forward|sous[ -]total|(the )?sum|suma|somme|soma|"
    r"total (geral|cumulado|acumulado)|합계|총계|소계|누계|총합계|계|итого|всего|разом|сумма|合[计計]|总计|總計|小[计計]|累[计計]|共计|總額|المجموع|الإجمالي|tong cong|jumlah|jumla( kuu)?|toplam|razem|celkem|summe|gesamt|รวม"
)
_ERROR = re.compile(r"#(N/A|N/V|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!)", re.IGNORECASE)
_SHORTENED = re.compile(r"\d([.,]\d+)?e\+\d{2,}", re.IGNORECASE)


def plain(text: str) -> str:
    """A text in small letters without accents and marks, its spaces as one.

    >>> plain("  Année  Réelle ")
    'annee reelle'
    """
    letters = (one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(unicodedata.normalize("NFC", "".join(letters).lower()).split())


def total(text: str, alone: bool = True) -> bool:
    """Whether a text is what stands before a sum; if not ``alone``, something may follow that word.

    >>> total("Sous-total :"), total("합 계"), total("Total Works Ltd"), total("Total 2024", alone=False)
    (True, True, False, True)
    """
    bare = plain(text).strip(" :.=*")
    if not alone and (found := _TOTAL.match(bare)) and not bare[found.end() : found.end() + 1].isalnum():
        return True
    return bool(_TOTAL.fullmatch(bare) or _TOTAL.fullmatch(bare.replace(" ", "")))


def nobody(text: str) -> bool:
    """Whether a text stands in the place of an id and says that there is none, so that it would make one firm of many."""
    return PLACEHOLDER.fullmatch(text) is not None


def failed(text: str) -> bool:
    """Whether a spreadsheet wrote that its formula failed."""
    return _ERROR.fullmatch(text) is not None


def shortened(text: str) -> bool:
    """Whether a spreadsheet shortened a long number, so that its last digits are gone (1.23E+09)."""
    return _SHORTENED.fullmatch(text) is not None


# Units and currencies ----------------------------------------------------------------------------------------------------------

_TENS = {"십": 10, "백": 100, "천": 1_000, "만": 10_000, "억": 10**8, "조": 10**12,
         "十": 10, "百": 100, "千": 1_000, "万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8, "兆": 10**12}  # fmt: skip
_EASTERN = (
    re.compile(r"(?<![가-힣])([십백천]?)([만억조]?) ?(?:원|달러|불|유로|엔)(?![가-힣])"),
    re.compile(r"[(\[](?:단위 ?:? ?)?([십백천]?)([만억조]?)[)\]]"),
    re.compile(r"([十百千]?)([万萬亿億兆]?)(?:円|圓|圆|元|日元|美元|港元|欧元|歐元)"),
    re.compile(r"[(\[（](?:[单単單]位[:：]? ?)?([十百千]?)([万萬亿億兆]?)[)\]）]"),
)
# A number in the place of a word: (x 1,000), in 1'000 CHF, 10^6.
_THOUSANDS = r"1(?P<mark>[ ,.'\u2019\u00a0\u202f]?)000(?:(?P=mark)000)*(?!\d)"
_TIMES = re.compile(
    rf"(?:[(\[×*]|\bx(?=[ \d])|\b(?:in|en|units?|unidad|unite|einheit)\b|단위|[单単單]位)\s*[:：]?\s*(?:[x×*]\s*)?(?:[A-Z$€£¥₩]{{1,4}}\.?\s?)?"
    rf"(?:(?P<whole>{_THOUSANDS})|10(?:\^(?P<power>\d{{1,2}})|(?P<raised>[³⁶⁹])))",
    re.IGNORECASE,
)
_A_NUMBER = re.compile(rf"(?<![\d.,]){_THOUSANDS}|10(?:\^\d|[³⁶⁹])")
# The longer come first: a thousand million is no million.
_UNITS = (
    (10**9, r"miles de millones|mil millones|thousands? (?:of )?millions?|billions?|bn|bln|milliards?|milliarden|mrd|mds|mld|mlrd|mia|bilhoes|bilhao|миллиард\w*|"
            r"мільярд\w*|млрд|miliard\w*|milijard\w*|miljard\w*|milyar|miliar|ty|مليار|میلیارد|अरब"),
    (10**12, r"trillions?|trn|billones|billionen|biljoen|trilhoes|trilyon|трлн"),
    (10**8, r"hundred millions?|cien millones"),
    (10**7, r"ten millions?|diez millones|crores?|cr|करोड़|কোটি"),
    (10**5, r"hundred thousands?|cien mil|lakhs?|lacs?|लाख|লাখ|লক্ষ"),
    (10**4, r"ten thousands?|diez mil"),
    (10**6, r"millions?|millones|millionen|millioner|milhoes|milhao|milioni|miliony?|milionow|milioane|milijon\w*|miljoen|miljoner|milyon|millio|mio|mln|mn|mm|миллион\w*|"
            r"мільйон\w*|млн|juta|trieu|مليون|ملايين|میلیون|ล้าน(?:บาท)?|'?000[,. ]000s?"),
    (10**3, r"thousands?|'?000s?|miles(?: de)?|mille|milliers?(?: de)?|milhares(?: de)?|migliaia|tausend|tsd|thsd?|duizend|tusen|tusind|тыс\w*|тис\w*|tys|tis|tisic\w*|"
            r"ezer|mii|bin|elfu|ribu|nghin|ngan|ألف|آلاف|هزار|हज़ार|হাজার|พัน(?:บาท)?"),
)  # fmt: skip
_BY_UNIT = tuple(
    (unit, re.compile(rf"(?<![\w']|(?<!\()[.,])(?:{plain(words)})(?!\w)")) for unit, words in _UNITS
)
_CURRENCIES = frozenset(
    [
        "AED",
        "AFN",
        "ALL",
        "AMD",
        "AOA",
        "ARS",
        "AUD",
        "AZN",
        "BAM",
        "BDT",
        "BGN",
        "BHD",
        "BIF",
        "BND",
        "BOB",
        "BRL",
        "BTN",
        "BWP",
        "BYN",
        "BZD",
        "CAD",
        "CDF",
        "CHF",
        "CLP",
        "CNY",
        "COP",
        "CRC",
        "CUP",
        "CVE",
        "CZK",
        "DJF",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ERN",
        "ETB",
        "EUR",
        "FJD",
        "GBP",
        "GEL",
        "GHS",
        "GMD",
        "GNF",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "IQD",
        "IRR",
        "ISK",
        "JMD",
        "JOD",
        "JPY",
        "KES",
        "KGS",
        "KHR",
        "KMF",
        "KRW",
        "KWD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "LYD",
        "MAD",
        "MDL",
        "MGA",
        "MKD",
        "MMK",
        "MNT",
        "MRU",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "OMR",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "PYG",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "RWF",
        "SAR",
        "SBD",
        "SCR",
        "SDG",
        "SEK",
        "SGD",
        "SLE",
        "SOS",
        "SRD",
        "SSP",
        "STN",
        "SYP",
        "SZL",
        "THB",
        "TJS",
        "TMT",
        "TND",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "UGX",
        "USD",
        "UYU",
        "UZS",
        "VES",
        "VND",
        "VUV",
        "WST",
        "XAF",
        "XCD",
        "XOF",
        "XPF",
        "YER",
        "ZAR",
        "ZMW",
        "ZWG",
        "ZWL",
    ]
)
_SIGNS = {"₩": "KRW", "원": "KRW", "€": "EUR", "£": "GBP", "$": "$", "¥": "¥", "₹": "INR", "₱": "PHP", "฿": "THB", "₫": "VND", "₴": "UAH",
          "₲": "PYG", "₦": "NGN", "R$": "BRL", "US$": "USD", "S/": "PEN", "₡": "CRC", "₵": "GHS"}  # fmt: skip
_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
_MONEY_WORD = rf"(?:[A-Za-z]{{3}}|{_SIGN})"
_LETTER = re.compile(rf"(?:\b([mkb])\s?{_MONEY_WORD}|{_MONEY_WORD}\s?([mkb])\b)", re.IGNORECASE)
# What may be a unit, where nobody can tell which: mil is a thousand in Portuguese and a million in English.
_PERHAPS = re.compile(
    r"\b(?:mil|bi|hundreds?)\b|[(\[](?:in )?[mkbt][)\]]|\bin [mkb]\b|\bt(?:eur|chf|usd|gbp|kr)\b|\bt ?[€$£]"
)
# Currencies by their short names, to which a letter for the unit is added: MDH, KFCFA, mkr.
_SHORT = re.compile(r"\b([mk]) ?(?:dh|dt|da|f ?cfa|kr|tl|ft)\b")


def unit_of(heading: str, *, title: bool = False) -> int | None:
    """What the numbers under a heading stand for; None where it seems to name a unit that could be two.

    A ``title`` above a table may hold a number that is no unit: contracts above 1,000,000.

    >>> unit_of("계약금액(백만원)"), unit_of("Price, M€"), unit_of("Monto (miles de millones)"), unit_of("Price"), unit_of("Valor (R$ mil)")
    (1000000, 1000000, 1000000000, 1, None)
    """
    if found := _TIMES.search(heading):
        if found["whole"]:
            return int(re.sub(r"\D", "", found["whole"]))
        return 10 ** int(found["power"] or unicodedata.normalize("NFKC", found["raised"]))
    if not title and _A_NUMBER.search(heading):
        return None
    heading = unicodedata.normalize("NFC", heading)
    for eastern in _EASTERN:
        if found_there := [one for one in eastern.findall(heading) if any(one)]:
            small, large = found_there[0]
            return _TENS.get(small, 1) * _TENS.get(large, 1)
    bare = _spaced(heading)
    for unit, pattern in _BY_UNIT:
        if pattern.search(bare):
            return unit
    if short := _SHORT.search(bare):
        return {"k": 10**3, "m": 10**6}[short[1]]
    for letter in _LETTER.finditer(heading):
        word = re.sub(r"\s", "", letter.group())
        word = word[1:] if letter[1] else word[:-1]
        if word in _SIGNS or word.upper() in _CURRENCIES:
            return {"k": 10**3, "m": 10**6, "b": 10**9}[(letter[1] or letter[2]).lower()]
    return None if _PERHAPS.search(bare) else 1


def _spaced(heading: str) -> str:
    """A heading in small letters, with a space before the thousands of USD'000."""
    return re.sub(r"(?<=[^\W\d])'(?=000)", " '", plain(heading).replace("’", "'"))


def without_units(heading: str) -> str:
    """A heading without the words of its unit.

    >>> without_units("Contract value in thousands")
    'contract value in '
    """
    bare = _spaced(_TIMES.sub(" ", heading))
    for _, pattern in _BY_UNIT:
        bare = pattern.sub("", bare)
    return bare


def currency_of(heading: str) -> str:
    """The currency that a heading names, "" where it names none.

    >>> currency_of("Contract amount (thousand KRW)"), currency_of("Price, M€"), currency_of("Price (VAT)")
    ('KRW', 'EUR', '')
    """
    codes = {
        word[1:] if word[1:] in _CURRENCIES else word for word in re.findall(r"\b[kMmb]?[A-Z]{3}\b", heading)
    }
    named = codes & _CURRENCIES or {_SIGNS[sign] for sign in re.findall(rf"{_SIGN}", heading) if sign != "원"}
    if re.search(r"원\s*[)\]]|(?<![가-힣])원\b", heading):
        named |= {"KRW"}
    return named.pop() if len(named) == 1 else ""


# Numbers -------------------------------------------------------------------------------------------------------------------------

_GROUP = "'\u2019 \u00a0\u202f\u2009"
_MARKED = re.compile(
    rf"(?P<before>[A-Z]{{3}}\s?|(?:{_SIGN})\s?)?(?P<number>.*?)(?P<after>\s?%|\s?[A-Z]{{3}}|\s?(?:{_SIGN}))?"
)
# What can have one decimal mark only.
_COMMA = re.compile(
    rf"-?(\d+|\d{{1,3}}([.{_GROUP}]\d{{3}})+),(\d{{1,2}}|\d{{4,}})|-?(\d{{4,}}|0),\d+|-?\d{{1,3}}(\.\d{{3}})+,\d+|-?\d{{1,3}}(\.\d{{3}}){{2,}}"
)
_POINT = re.compile(
    rf"-?(\d+|\d{{1,3}}([,{_GROUP}]\d{{3}})+)\.(\d{{1,2}}|\d{{4,}})|-?(\d{{4,}}|0)\.\d+|-?\d{{1,3}}(,\d{{3}})+\.\d+|-?\d{{1,3}}(,\d{{3}}){{2,}}|"
    r"-?\d{1,2}(,\d{2})+,\d{3}(\.\d+)?"
)
_EITHER = {mark: re.compile(rf"-?[1-9]\d{{0,2}}[{mark}]\d{{3}}") for mark in ".,"}
_INDIAN = r"\d{1,2}(,\d{2})+,\d{3}"  # 12,34,567
_SHAPES = {
    point: re.compile(
        rf"-?(\d+|\d{{1,3}}([{group}{_GROUP}]\d{{3}})+{'|' + _INDIAN if point == '.' else ''})([{point}]\d+)?"
    )
    for point, group in ((".", ","), (",", "."))
}
EMPTY = ("", "-", "–", "—", "n/a", "N/A", "...", "…")


def unmarked(text: str) -> tuple[str, str]:
    """A number without what stands around it, and that: a currency, "%" or "".

    >>> unmarked("USD 5,000"), unmarked("45 %"), unmarked("3억 원")
    (('5,000', 'USD'), ('45', '%'), ('3억', 'KRW'))
    """
    found = _MARKED.fullmatch(text)
    if found is None:
        return text, ""
    before, after = (found["before"] or "").strip(), (found["after"] or "").strip()
    marks = [_SIGNS.get(mark, mark) for mark in (before, after) if mark]
    if len(set(marks)) > 1 or any(len(mark) == 3 and mark not in _CURRENCIES for mark in marks):
        return text, ""
    return found["number"], marks[0] if marks else ""


def decimal_of(money: Iterable[str], others: Iterable[str] = (), separator: str = "") -> tuple[str, str]:
    """The decimal mark of some numbers, and a question where it could be both. ``separator`` is what stands between the cells of their file.

    >>> decimal_of(["1.250,5", "900"]), decimal_of(["1.500", "12.000"])[1]
    ((',', ''), "amounts such as '1.500' can be read as 1500 or as 1.5")
    """
    found: dict[str, list[str]] = {",": [], ".": []}  # what has this mark for decimals, and no other
    either: dict[str, str] = {}
    for kind, texts in (("money", money), ("number", others)):
        for text in texts:
            if isinstance(text, Exact):
                continue
            bare = unmarked(text.strip())[0]
            if _COMMA.fullmatch(bare):
                found[","].append(bare)
            elif _POINT.fullmatch(bare):
                found["."].append(bare)
            elif kind == "money":
                either |= {
                    mark: text
                    for mark, shape in _EITHER.items()
                    if mark not in either and shape.fullmatch(bare)
                }
    if found[","] and found["."]:
        return "", f"numbers are written in two ways: {found[','][0]!r} and {found['.'][0]!r}"
    mark = next((one for one, texts in found.items() if texts), "")
    if mark in either and _by_hand(found[mark], mark):
        return "", _two_ways(either[mark], mark)
    if not mark and len(either) == 2:
        return "", f"amounts are written in two ways: {either['.']!r} and {either[',']!r}"
    if not mark and "." in either:
        return "", _two_ways(either["."], ".")
    # Programs write semicolons where the comma is their decimal mark: then 1,500 may be one and a half.
    if not mark and "," in either and separator == ";":
        return "", _two_ways(either[","], ",")
    return mark or ".", ""


def _by_hand(texts: Sequence[str], mark: str) -> bool:
    """Whether numbers look as people write them: in groups, or with two decimals each. A third decimal is then perhaps a group."""
    other = "." if mark == "," else ","
    decimals = {len(text.partition(mark)[2]) for text in texts}
    return decimals == {2} or any(other in text for text in texts)


def _two_ways(text: str, mark: str) -> str:
    bare = unmarked(text.strip())[0]
    return f"amounts such as {text!r} can be read as {bare.replace(mark, '')} or as {float(bare.replace(mark, '.')):g}"


def number(text: str, decimal: str) -> float | None:
    """The number that a text without marks is, or None.

    >>> number("1 234,5", ","), number("1.5", ".")
    (1234.5, 1.5)
    """
    point = "," if decimal == "," else "."
    if not _SHAPES[point].fullmatch(text):
        return None
    return float(re.sub(rf"[{'.' if point == ',' else ','}{_GROUP}]", "", text).replace(point, "."))


def shares(texts: Iterable[str], decimal: str) -> bool:
    """Whether numbers look like shares of 1, and not like per cents: none is above 1, and some are between 0 and 1.

    >>> shares(["0.45", "1"], "."), shares(["45", "0.5"], "."), shares(["0.45%"], ".")
    (True, False, False)
    """
    found = [number(text.strip(), "." if isinstance(text, Exact) else decimal) for text in texts]
    return all(one is not None and one <= 1 for one in found) and any(
        one is not None and 0 < one < 1 for one in found
    )


def number_like(text: str) -> bool:
    """Whether a text is a number, however it is written."""
    bare = unmarked(text.strip())[0]
    return any(shape.fullmatch(bare) for shape in _SHAPES.values()) or bare in EMPTY


# Days ----------------------------------------------------------------------------------------------------------------------------

_TIME = re.compile(
    r"(?:(오전|오후)\s?)?(\d{1,2})[:h](\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:\s?(a|p)\.?\s?m\.?)?", re.IGNORECASE
)
# English, Spanish, French, Portuguese; the short forms that are used, too.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene janvier janv janeiro", "february feb febrero fevrier fevr fev fevereiro", "march mar marzo mars marco",
            "april apr abril abr avril avr", "may mayo mai maio", "june jun junio juin junho", "july jul julio juillet juil julho",
            "august aug agosto ago aout", "september sep sept septiembre setiembre septembre setembro set",
            "october oct octubre octobre outubro out", "november nov noviembre novembre novembro",
            "december dec diciembre dic decembre dezembro dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WORDED = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°)?\.?[ \-/.]+(?:de |of )?(?P<month>[a-z]{3,10})\.?,?[ \-/]+(?:de |del )?(?P<year>\d{4})"
    r"|(?P<month2>[a-z]{3,10})\.? (?P<day2>\d{1,2})(?:st|nd|rd|th)?,? (?P<year2>\d{4})"
    r"|(?P<year3>\d{4}) ?년 ?(?P<month3>\d{1,2}) ?월 ?(?P<day3>\d{1,2}) ?일"
    r"|(?P<year4>\d{4})\. (?P<month4>\d{1,2})\. (?P<day4>\d{1,2})\.?"
)


def _timed(day: dt.datetime, text: str) -> dt.datetime | None:
    """A day at the time that is written behind it; None where that is no time."""
    text = text.strip(" ,")
    if not text:
        return day
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    half, hour, minute, second = (
        (found[1] or found[5] or "").lower(),
        int(found[2]),
        int(found[3]),
        int(found[4] or 0),
    )
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in ("오후", "p") else 0)
    try:
        return day.replace(hour=hour, minute=minute, second=second)
    except ValueError:
        return None


def worded(text: str) -> dt.datetime | None:
    """A day whose month is a word, or whose numbers are named: it can be read in one way only.

    >>> worded("15 de marzo de 2024"), worded("2024년 3월 15일 오후 5:30")
    (datetime.datetime(2024, 3, 15, 0, 0), datetime.datetime(2024, 3, 15, 17, 30))
    """
    bare = " ".join(unicodedata.normalize("NFC", plain(text)).split())
    found = _WORDED.match(bare)
    if found is None:
        return None
    parts = {name.rstrip("234"): value for name, value in found.groupdict().items() if value}
    month = _MONTHS.get(parts["month"]) if parts["month"].isalpha() else int(parts["month"])
    try:
        day = dt.datetime(int(parts["year"]), month or 0, int(parts["day"]))
    except ValueError:
        return None
    return _timed(day, bare[found.end() :])


def day(text: str, form: str) -> dt.datetime | None:
    """The day of a text that is written in a form of `strptime`, with the time behind it; None where it is not.

    >>> day("25/03/2024 5:30 PM", "%d/%m/%Y")
    datetime.datetime(2024, 3, 25, 17, 30)
    """
    try:
        return dt.datetime.strptime(text, form)
    except ValueError:
        pass
    bare, mark, behind = text.partition("T" if re.search(r"\dT\d", text) else " ")
    try:
        found = dt.datetime.strptime(bare.rstrip(","), form)
    except ValueError:
        return None
    return _timed(found, behind) if mark else found


def day_format(texts: Iterable[str]) -> tuple[str, str]:
    """The one way in which days are written, and a question where several ways fit ("" where one does).

    >>> day_format(["25/03/2024", "02/04/2024"]), day_format(["15 mars 2024"])
    (('%d/%m/%Y', ''), ('%Y-%m-%d', ''))
    """
    days = [
        text
        for text in dict.fromkeys(text if isinstance(text, Exact) else text.strip() for text in texts)
        if text not in EMPTY
        and not (isinstance(text, Exact) and "-" in text)
        and not failed(text)
        and worded(text) is None
    ]
    fitting = [form for form in DATES if all(_reads(day, form) for day in days)]
    if not days or ISO in fitting:
        return ISO, ""
    if len(fitting) > 1:
        return "", f"days such as {days[0]!r} can be read as {' or as '.join(fitting)}"
    if fitting:
        return fitting[0], ""
    odd = next((day for day in days if not any(_reads(day, form) for form in DATES)), None)
    if odd is not None:
        advice = moments.other_calendar(odd).rstrip(".")
        return "", f"{odd!r} is not a day that can be read" + (f". {advice}" if advice else "")
    other = next(
        (day for day in days[1:] if not any(_reads(days[0], f) and _reads(day, f) for f in DATES)), days[-1]
    )
    return "", f"days are written in several ways: {days[0]!r} and {other!r}"


def _reads(text: str, form: str) -> bool:
    if form == ISO and (moments.parse(text) is not None or moments.placeholder(text)):
        return True
    return day(text, form) is not None
