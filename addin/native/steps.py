"""The steps that native formulas share: LAMBDA names of their own, each of them one thought.

They are no functions of the catalogue. What reads a cell, finds a header or says a number does so as
`addin.cells`, `addin.columns` and `retention_core` do, in formulas that real spreadsheets, IronCalc and
formulon evaluate alike: MAP where an engine's function looks at the first cell of a range only, SCAN and a
sort where a look-up for every row would be slow, and no function whose text depends on the country.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from addin.columns import PLACEHOLDERS
from addin.native.stored import stored
from retention_core.columns import SYNONYMS
from retention_core.identity import ALIKE as ALIKE_LETTERS
from retention_core.identity import MISSING

BLANK_CHARACTERS = (
    *(f"CHAR({code})" for code in (9, 10, 11, 12, 13)),
    *(f"UNICHAR({code})" for code in (160, 8203, 65279)),
)
LONGEST_TEXT = 250  # Excel takes 255 characters between quotes
# alike to 40 binary digits, 1e-12, is equal, as in the core: the same cents added up in another order differ
ALIKE = "IF({0}=0, 0, ROUND({0}*2^(39-INT(LOG(ABS({0}), 2))), 0)*2^(INT(LOG(ABS({0}), 2))-39))"


@dataclass(frozen=True, slots=True)
class Lambda:
    """One defined name: its parameters, optional ones in square brackets, its readable body, "
    "what it answers."""

    name: str
    parameters: tuple[str, ...]
    summary: str
    body: str

    @property
    def signature(self) -> str:
        """Name and parameters as a person writes them."""
        return f"{self.name}({', '.join(self.parameters)})"

    @property
    def definition(self) -> str:
        """The name's formula as the file stores it."""
        return stored(f"=LAMBDA({', '.join(self.parameters)}, {self.body})")


def blanks_as_spaces(text: str, characters: Iterable[str] = BLANK_CHARACTERS) -> str:
    """Formula text that turns every kind of blank into a space, one for one."""
    for character in characters:
        text = f'SUBSTITUTE({text}, {character}, " ")'
    return text


def without_digits(text: str) -> str:
    """Formula text that removes the ten digits."""
    for digit in range(10):
        text = f'SUBSTITUTE({text}, {digit}, "")'
    return text


def without(text: str, characters: str) -> str:
    """Formula text that turns each of some characters into a space."""
    for character in characters:
        text = f'SUBSTITUTE({text}, "{character}", " ")'
    return text


def listed(words: Iterable[str]) -> str:
    """Formula text of words between bars, in pieces that a formula can hold.

    Examples
    --------
    >>> listed(["b", "a"])
    '"|a|b|"'
    """
    text = f"|{'|'.join(sorted(words))}|"
    pieces = (text[start : start + LONGEST_TEXT] for start in range(0, len(text), LONGEST_TEXT))
    return "&".join(f'"{piece}"' for piece in pieces)


def _key_text() -> str:
    """Formula text of names in small letters, as `customer_key` writes them."""
    text = "LOWER(names)"
    for written, meant in ALIKE_LETTERS.items():
        typed = "&".join(f"UNICHAR({ord(letter)})" for letter in written)
        text = f"SUBSTITUTE({text}, {typed}, UNICHAR({ord(meant)}))"
    return text


_ACCENTS = (
    "àáâãäåāăąªçćčďđèéêëēęěğìíîïłñńňòóôõöøºřśšşťùúûüūůýÿźżž",
    "aaaaaaaaaacccd?eeeeeeegiiii?nnnooooo?orssstuuuuuuyyzzz",
)

SAYING = (
    Lambda(
        "WITH_SPACES",
        ("text",),
        "A text with a space for every kind of blank.",
        blanks_as_spaces("text"),
    ),
    Lambda("VISIBLE", ("text",), "A text without outer blanks of any kind.", "TRIM(WITH_SPACES(text))"),
    Lambda("IS_BLANK", ("cells",), "Whether nothing but blanks stands in a cell.", 'VISIBLE(cells)=""'),
    # numbers come before any text, TRUE and FALSE after it; engines compare cell by cell, unlike ISNUMBER
    Lambda("IS_NUMBER", ("cells",), "Whether a cell holds a number.", 'cells<""'),
    Lambda(
        "SAID_NUMBER",
        ("number",),
        "A number as sentences show it, to twelve digits.",
        'IF(number=0, "0", LET(place, INT(LOG10(ABS(number))), short, ROUND(number, 11-place), '
        "size, INT(LOG10(ABS(short))), SUBSTITUTE(IF((size>=-4)*(size<12), short, "
        'ROUND(number/10^size, 11)&IF(size<0, "e-", "e+")&TEXT(ABS(size), "00")), ",", ".")))',
    ),
    Lambda(
        "SAID_TEXT",
        ("text",),
        "A text as sentences show it, on one line and not too long.",
        f"LET(line, TRIM({blanks_as_spaces('text', BLANK_CHARACTERS[:6])}), "
        'IF(LEN(line)>60, LEFT(line, 57)&"...", line))',
    ),
    Lambda(
        "SAID",
        ("cell",),
        "What stands in one cell as sentences show it, text in quotes.",
        "IF(ISNUMBER(cell), SAID_NUMBER(cell), IF(ISTEXT(cell), CHAR(34)&SUBSTITUTE("
        """SAID_TEXT(cell), "`", "'")&CHAR(34), IF(cell, "TRUE", "FALSE")))""",
    ),
    Lambda("SHOWN", ("cells",), "Cells as sentences show them.", "MAP(cells, LAMBDA(cell, SAID(cell)))"),
    Lambda(
        "SAID_DAY",
        ("date",),
        "A day as sentences show it, such as 2024-01-31.",
        'YEAR(date)&"-"&TEXT(MONTH(date), "00")&"-"&TEXT(DAY(date), "00")',
    ),
    Lambda(
        "JOINED",
        ("texts", "between"),
        "Texts in one line.",
        'REDUCE("", texts, LAMBDA(so_far, item, IF(so_far="", item, so_far&between&item)))',
    ),
)

READING = (
    Lambda(
        "UNSIGNED",
        ("text",),
        "A text without its first plus or minus.",
        'IF((LEFT(text, 1)="-")+(LEFT(text, 1)="+"), MID(text, 2, 400), text)',
    ),
    Lambda(
        "ALL_DIGITS",
        ("text",),
        "1 where a text is digits alone.",
        f'(text<>"")*({without_digits("text")}="")',
    ),
    Lambda(
        "NUMBER_IN",
        ("text",),
        "The number that a text such as 110 or 1.5E3 is; the text itself where it is none.",
        'LET(bare, LOWER(VISIBLE(text)), cut, FIND("e", bare&"e"), mantissa, '
        "UNSIGNED(LEFT(bare, cut-1)), "
        'power, IF(cut>LEN(bare), "0", UNSIGNED(MID(bare, cut+1, 400))), '
        'IF(ALL_DIGITS(SUBSTITUTE(mantissa, ".", "", 1))*ALL_DIGITS(power), '
        'IFERROR(NUMBERVALUE(bare, ".", ","), text), text))',
    ),
    Lambda(
        "NUMBER_OF",
        ("cell",),
        "One cell with a number stored as text read as a number.",
        "IF(ISTEXT(cell), NUMBER_IN(cell), cell)",
    ),
    Lambda(
        "READ_NUMBER",
        ("cells",),
        "Cells with the numbers stored as text read as numbers.",
        'MAP(IF(cells="", "", cells), LAMBDA(cell, NUMBER_OF(cell)))',
    ),
    Lambda(
        "FRACTION_IN",
        ("text",),
        "The number in a text, of which 90% is 0.9.",
        'LET(bare, VISIBLE(text), part, IF(RIGHT(bare, 1)="%", NUMBER_IN(LEFT(bare, '
        'LEN(bare)-1)), ""), '
        "IF(ISNUMBER(part), part/100, NUMBER_IN(text)))",
    ),
    Lambda(
        "READ_FRACTION",
        ("cells",),
        "Cells with the numbers and percentages stored as text read as numbers.",
        'MAP(IF(cells="", "", cells), LAMBDA(cell, IF(ISTEXT(cell), FRACTION_IN(cell), cell)))',
    ),
    Lambda(
        "CLOCK_OR_NOTHING",
        ("text",),
        "1 where a text is empty or a time as ISO dates end on.",
        'LET(clock, IF(EXACT(RIGHT(text, 1), "Z"), LEFT(text, LEN(text)-1), text), '
        'mark, EXACT(LEFT(clock, 1), "T")+(LEFT(clock, 1)=" "), '
        'minutes, (LEN(clock)=6)*(MID(clock, 4, 1)=":")*ALL_DIGITS(MID(clock, 2, 2)&MID(clock, 5, 2)), '
        'seconds, (LEN(clock)>8)*(LEN(clock)<>10)*(MID(clock, 4, 1)&MID(clock, 7, 1)="::")'
        '*(SUBSTITUTE(MID(clock, 10, 1), ".", "")="")'
        "*ALL_DIGITS(MID(clock, 2, 2)&MID(clock, 5, 2)&MID(clock, 8, 2)&MID(clock, 11, 400)), "
        'IF(text="", 1, mark*(minutes+seconds)))',
    ),
    Lambda(
        "DAY_OF",
        ("year", "month", "place"),
        "The day of a date in digits, -1 where the calendar has none.",
        "LET(found, IF((--year>=1900)*(--month>=1)*(--month<=12), DATE(year, month, place), 60), "
        "IF(found=60, -1, IF(DAY(found)=--place, found, -1)))",
    ),
    Lambda(
        "DAY_IN",
        ("cell",),
        "The day in a cell as Excel counts days, -1 where there is none.",
        "IF(ISNUMBER(cell), IF((cell>=1)*(cell<2958466)*(INT(cell)<>60), INT(cell), -1), "
        'LET(bare, IF(ISTEXT(cell), VISIBLE(cell), ""), year, LEFT(bare, 4), month, MID(bare, '
        "6, 2), "
        "day, MID(bare, 9, 2), "
        'IF((MID(bare, 5, 1)&MID(bare, 8, 1)="--")*(LEN(day)=2)*ISNUMBER(FIND(bare, cell))'
        "*ALL_DIGITS(year&month&day)*CLOCK_OR_NOTHING("
        "MID(bare, 11, 400)), DAY_OF(year, month, day), -1)))",
    ),
    Lambda(
        "READ_DAY",
        ("cells",),
        "The days in cells as Excel counts them, -1 where there is none.",
        'MAP(IF(cells="", "", cells), LAMBDA(cell, DAY_IN(cell)))',
    ),
    Lambda(
        "DIGITS_ONLY",
        ("text",),
        "1 where a text is a whole number, with or without a minus sign, else 0.",
        'LET(digits, IF(LEFT(text, 1)="-", MID(text, 2, 400), text), '
        f'(digits<>"")*({without_digits("digits")}=""))',
    ),
    Lambda(
        "CUSTOMER_NAME",
        ("customers",),
        "Customers without outer blanks; whole numbers without a decimal point.",
        'LET(text, customers&"", spaced, WITH_SPACES(text), '
        'words, TRIM(spaced), first, IF(words="", 1, FIND(LEFT(words, 1), spaced)), '
        'final, RIGHT(words, 1), times, IF(words="", 1, (LEN(spaced)-LEN(SUBSTITUTE(spaced, final, '
        '"")))/LEN(final)), '
        'last, IF(words="", 0, FIND(CHAR(7), SUBSTITUTE(spaced, final, CHAR(7), times))), '
        'trimmed, IF(words="", "", IF(LEN(words)=LEN(spaced), text, MID(text, first, IF(words="", 0, '
        "last-first+LEN(final))))), "
        'point, FIND(".", trimmed&"."), head, LEFT(trimmed, point-1), tail, MID(trimmed, point+1, 400), '
        'zeros, (tail<>"")*(SUBSTITUTE(tail, "0", "")=""), '
        "IF(zeros*DIGITS_ONLY(head), head, trimmed))",
    ),
    Lambda(
        "CUSTOMER_KEY",
        ("names",),
        "The key that all spellings of a customer share.",
        _key_text(),
    ),
    Lambda(
        "LISTED",
        ("texts", "words"),
        "Whether a text is one of the words between bars.",
        'IFERROR(FIND("|"&SUBSTITUTE(texts, "|", CHAR(7))&"|", words), 0)>0',
    ),
    Lambda(
        "NAMES_NOBODY",
        ("names",),
        "Whether a customer's name is empty or stands for a missing one, such as n/a.",
        f"LISTED(LOWER(names), {listed(MISSING)})",
    ),
)

COLUMNS = (
    Lambda(
        "COLUMN_OF",
        ("cells",),
        "A row or column as a column up to its last filled cell, blanks as empty text.",
        'LET(upright, IF(ROWS(cells)=1, TOCOL(IF(cells="", "", cells)), cells), '
        "last, IFERROR(XMATCH(TRUE, LEN(upright)>0, 0, -1), 1), top, TAKE(upright, last), "
        'filled, IF(top="", "", top), IF(IS_BLANK(INDEX(filled, last)), '
        "TAKE(filled, IFERROR(XMATCH(FALSE, IS_BLANK(filled), 0, -1), 1)), filled))",
    ),
    Lambda(
        "FIRST_SAID",
        ("one", "other"),
        "The first of two sentences that is not empty.",
        'IF(one="", other, one)',
    ),
    Lambda(
        "SHAPE_PROBLEM",
        ("cells", "called"),
        "What is said of a range of several rows and columns.",
        'IF((ROWS(cells)>1)*(COLUMNS(cells)>1), called&" must be one column (got "&COLUMNS(cells)&" '
        'columns).", "")',
    ),
    Lambda(
        "CELL_PROBLEM",
        ("cells", "called"),
        "What is said of a range where one cell belongs.",
        'IF(ROWS(cells)*COLUMNS(cells)>1, called&" must be one cell (got "&ROWS(cells)&" x "&COLUMNS(cells)&'
        '" cells).", "")',
    ),
    Lambda(
        "LENGTH_PROBLEM",
        ("cells", "called", "height", "longest"),
        "What is said of a column shorter than the longest.",
        'LET(count, ROWS(cells)*COLUMNS(cells), IF(count>=height, "", '
        'called&" has "&count&IF(count=1, " row", '
        '" rows")&" and "&longest&" "&height&": give columns of the same '
        'length."))',
    ),
    Lambda(
        "PADDED",
        ("column", "height"),
        "A column lengthened with empty cells.",
        'IF(ROWS(column)<height, EXPAND(column, height, 1, ""), column)',
    ),
    Lambda(
        "PLAIN_LETTERS",
        ("text",),
        "A text's small letters without accents, and its digits; nothing else.",
        'LET(spelled, SUBSTITUTE(SUBSTITUTE(SUBSTITUTE(SUBSTITUTE(LOWER(text), "ä", "ae"), "ö", "oe"), '
        '"ü", "ue"), '
        '"ß", "ss"), REDUCE("", SEQUENCE(LEN(spelled)), LAMBDA(so_far, place, LET(letter, MID(spelled, '
        "place, 1), "
        f'accent, IFERROR(FIND(letter, "{_ACCENTS[0]}"), 0), so_far&IF(accent>0, MID("{_ACCENTS[1]}", '
        "accent, 1), "
        'IF(EXACT(UPPER(letter), letter)*(ALL_DIGITS(letter)=0), "", letter))))))',
    ),
    Lambda(
        "NAMES_CUSTOMERS",
        ("cell",),
        "Whether a cell is a name that a column of customers goes by, such as Customer ID.",
        'IF(ISTEXT(cell), LET(text, cell&"", opened, FIND("(", SUBSTITUTE(text, "[", "(")&"("), closed, '
        'FIND(")", '
        'SUBSTITUTE(text, "]", ")")&")"), bare, IF(closed>opened, IF(closed>LEN(text), text, LEFT(text, '
        "opened-1)&"
        "MID(text, closed+1, 400)), text), "
        f"known, {listed(SYNONYMS['customer'])}, "
        'SUM(--LISTED(PLAIN_LETTERS(text&" "), known), --LISTED(PLAIN_LETTERS(bare&" "), known))>0), FALSE)',
    ),
    Lambda(
        "CUSTOMER_HEADING",
        ("customers",),
        "2 where the first cell names a column of customers, 0 where it comes again below, else 1.",
        "LET(first, INDEX(customers, 1), IF(NAMES_CUSTOMERS(first), 2, "
        "IF((IS_BLANK(first)=FALSE)*(SUM(--EXACT(customers, first))>1), 0, 1)))",
    ),
    Lambda(
        "HAS_LETTERS",
        ("text",),
        "Whether a text has a letter in it, of any alphabet.",
        "IF(EXACT(UPPER(text), LOWER(text)), SUM(MAP(SEQUENCE(LEN(text)), LAMBDA(place, LET(code, "
        "IFERROR(UNICODE(MID(text, "
        "place, 1)), 0), (code>=1488)*((code<8192)+(code>=12353)*(code<65280))))))>0, TRUE)",
    ),
    Lambda(
        "TITLE_ABOVE",
        ("column", "heading"),
        "Whether a column of numbers or dates has a title in its first cell, "
        "beside a customer column's heading.",
        'LET(first, INDEX(column, 1), title, IF(ISTEXT(first), VISIBLE(first), ""), '
        f"bare, TRIM({without('title', '-+<>()[]')}), known, {listed(PLACEHOLDERS)}, "
        'IF((title="")+(heading=0)+(LEFT(title, 1)="#")>0, FALSE, IF(HAS_LETTERS(title), '
        "(LISTED(LOWER(bare), known)=FALSE)*(SUM(--EXACT(column, first))=1)*((heading=2)+("
        f"{without_digits('title')}=title)>0)*(ISNUMBER(NUMBER_IN(title))=FALSE)*(DAY_IN(title)<0)>0, "
        "FALSE)))",
    ),
    Lambda(
        "FIRST_ROW",
        ("flags",),
        "The first row that is flagged, 0 where none is.",
        # one row is no array to every engine
        "IF(ROWS(flags)=1, SUM(--flags), IFERROR(XMATCH(1, --flags), 0))",
    ),
    Lambda(
        "NO_CUSTOMER_SAID",
        ("cell", "row"),
        "What is said of a cell that is no customer's name or number.",
        '"customers, row "&row&", must be a customer\'s name or number (got "&SAID(cell)&")."',
    ),
)
