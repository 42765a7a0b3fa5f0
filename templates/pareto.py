"""The sheet Pareto: customers and amounts pasted in, who brings the value read off."""

from __future__ import annotations

import math
from itertools import accumulate

from addin.look import ACCENT, GREY, LINE, WARM
from addin.native.steps import ALIKE, blanks_as_spaces, without_digits
from retention_core.concentration import Concentration
from retention_core.identity import BLANKS
from templates.answers import ParetoAnswer, pareto_answer, percent, shown
from templates.inputs import Cell, Inputs
from templates.pen import Book, Page

NAME = "Pareto"
HEAD, FIRST = 8, 9
BEYOND = 1_000_000
CHARTED = 30
PRINTED = 60
TABLE = ("customer", "value", "share", "cumulative_share", "class")
PLAIN_HEADS = ("Customer", "Value", "Share", "Cumulative share", "Class")
CALC = "'Pareto calc'!"
RANKING_FIRST = 11  # of the ranking on the sheet Calc of the LAMBDA dialect, in the columns O to Q
COLUMNS = "ABCDEFGHIJKLMNOP"
NO_ROWS = "Paste customers and amounts into the yellow columns."


def answer(inputs: Inputs) -> ParetoAnswer:
    """What the sheet shows."""
    return pareto_answer(inputs.sales)


def write(book: Book, inputs: Inputs) -> Page:
    """Write the sheet."""
    page, found = book.sheet(NAME, tab=ACCENT), answer(inputs)
    last = FIRST + book.capacity - 1
    for column, width, style in (
        ("A", 26, "input_left"), ("B", 13, "input_money"), ("C", 3, "plain"), ("D", 26, "cell"),
        ("E", 14, "money"), ("F", 11, "rate"), ("G", 12, "rate"), ("H", 11, "cell_center"),
        ("I:R", 9, "plain"),
    ):  # fmt: skip
        span = column if ":" in column else f"{column}:{column}"
        page.worksheet.set_column(span, width, book.style(style))
    _write_top(page, found, last)
    for row, (customer, amount) in enumerate(inputs.sales, start=FIRST):
        page.put(f"A{row}", customer, "input_left")
        page.put(f"B{row}", amount, "input_money")
    _write_table(page, found, last)
    _validate(page, last)
    _write_chart(page)
    page.worksheet.freeze_panes(HEAD, 0)
    page.printed(f"A1:R{PRINTED}", repeat=HEAD, says=f", rows 1 to {PRINTED}")
    page.worksheet.set_selection(f"A{FIRST}")
    return page


def summary(found: ParetoAnswer) -> str:
    """The answer in words."""
    if found.spread is None:
        return found.problem or NO_ROWS
    behind = round((found.behind_80 or 0) * found.spread.n)
    return (
        f"The top fifth of your {found.spread.n} customers bring {percent(found.top_fifth or 0)} of the "
        "value; "
        f"{behind} of them ({percent(found.behind_80 or 0)}) bring 80 %."
    )


def note(found: ParetoAnswer) -> str:
    """What was left out, in words."""
    count = sum(found.left_out)
    return f"Left out: {count} row(s) without a customer or without a number as amount." if count else ""


def _write_top(page: Page, found: ParetoAnswer, last: int) -> None:
    for row, height in ((1, 30), (2, 36), (3, 20), (4, 8), (5, 26), (6, 28), (7, 10), (HEAD, 32)):
        page.worksheet.set_row(row - 1, height)
    for row in range(1, HEAD):
        for column in "ABCDEFGH":
            page.put(f"{column}{row}", "", "plain")
    page.put("A1", "Pareto: who brings the value", "title")
    text = summary(found) if page.plain or found.spread is not None else str(_spilled(found)[0][0])
    page.formula_across("A2:R2", _summary_formula(page), text, "summary")
    page.formula_across("A3:R3", _note_formula(page, last), note(found), "alert")
    page.across(
        "A5:B6",
        f"Paste below, values only: up to {page.book.capacity:,} rows, a customer as often as you like, "
        "refunds below zero.",
        "note",
    )
    _write_tiles(page, found, last)
    for column, text in zip("AB", ("Customer", "Amount"), strict=True):
        page.put(f"{column}{HEAD}", text, "head_left")
    page.put(f"C{HEAD}", "", "plain")
    if page.plain:
        for column, text in zip("DEFGH", PLAIN_HEADS, strict=True):
            page.put(f"{column}{HEAD}", text, "head_left" if column == "D" else "head")


def _ranking(column: str, page: Page) -> str:
    """A column of the ranking, in the LAMBDA dialect."""
    return f"Calc!${column}${RANKING_FIRST}:${column}${RANKING_FIRST + page.book.capacity - 1}"


def _tiles(page: Page, last: int) -> tuple[tuple[str, str], ...]:
    running = f"{CALC}$P${FIRST}:$P${last}" if page.plain else _ranking("Q", page)
    shares, position = f"G{FIRST}:G{last}", "(D6*0.2)"
    before = f"IF(INT{position}=0,0,INDEX({running},MAX(1,INT{position})))"
    following = f"INDEX(E{FIRST}:E{last},MIN(D6,INT{position}+1))"
    return (
        ("D", f"=COUNT(E{FIRST}:E{last})"),
        ("E", f"=SUM(E{FIRST}:E{last})"),
        ("F", f'=IF(D6=0,"",({before}+({position}-INT{position})*{following})/E6)'),
        ("G", f'=IF(D6=0,"",(SUMPRODUCT(--({shares}<0.8-1E-12),--({shares}<>""))+1)/D6)'),
        ("H", f'=IF(D6=0,"",(2*SUM({shares})-1)/D6-1)'),
    )


def _write_tiles(page: Page, found: ParetoAnswer, last: int) -> None:
    spread = found.spread
    total = 0.0 if spread is None else spread.total
    values: tuple[Cell, ...] = (
        0 if spread is None else spread.n,
        total,
        found.top_fifth,
        found.behind_80,
        found.gini,
    )
    labels = (
        "Customers",
        "Total value",
        "Share of the top fifth",
        "Customers behind 80 %",
        "Gini coefficient",
    )
    styles = ("tile_whole", "tile_whole", "tile_rate", "tile_rate", "tile_gini")
    for (column, formula), label, value, style in zip(
        _tiles(page, last), labels, values, styles, strict=True
    ):
        page.put(f"{column}5", label, "tile_label")
        page.formula(f"{column}6", formula, value, style)


def _summary_formula(page: Page) -> str:
    problem = f"{CALC}$M$4" if page.plain else f"D{HEAD}"
    return (
        f'=IF(D6=0,{problem},"The top fifth of your "&D6&" customers bring "&FIXED(F6*100,1,TRUE)&" % of '
        'the value; "'
        f'&ROUND(G6*D6,0)&" of them ("&FIXED(G6*100,1,TRUE)&" %) bring 80 %.")'
    )


def _note_formula(page: Page, last: int) -> str:
    # the LAMBDA name is called on Calc: Excel allows no dynamic formula in merged cells
    count = f"{CALC}$M$5" if page.plain else "Calc!$P$3"
    beyond = f"COUNTA(A{last + 1}:B{BEYOND})"
    return (
        f'=IF({beyond}>0,"Only the first {last - FIRST + 1} rows are counted: what stands below row '
        f'{last} is left out. ","")'
        f'&IF({count}>0,"Left out: "&{count}&" row(s) without a customer or without a number as amount.","")'
    )


def _write_table(page: Page, found: ParetoAnswer, last: int) -> None:
    if page.plain:
        for position in range(last - FIRST + 1):
            _write_plain_row(page, FIRST + position, position, found.spread)
        return
    values, top = _ranking("P", page), f"Calc!$O${RANKING_FIRST}"
    whole = f"{top}:{values.partition(':')[2].replace('P', 'Q')}"
    formula = f"=PARETO_TABLE(IF(COUNT({values})=0,{top},TAKE({whole},COUNT({values}))))"
    rows = _spilled(found)
    page.spill(
        f"D{HEAD}", formula, rows, head="head", columns=("cell", "money", "rate", "rate", "cell_center")
    )


def _spilled(found: ParetoAnswer) -> list[list[Cell]]:
    if found.spread is None:
        return _ranked_rows(found)
    table = found.spread.to_frame()
    return [list(TABLE), *[list(row) for row in table.itertuples(index=False)]]


def write_ranking(page: Page, inputs: Inputs) -> None:
    """Write the ranking of the LAMBDA dialect, once for all that the sheet Pareto shows."""
    if page.plain:
        return
    found, last = answer(inputs), _last(page)
    sales = f"Pareto!A{FIRST}:A{last},Pareto!B{FIRST}:B{last}"
    page.put("O3", "Rows left out", "label")
    page.formula("P3", f"=PARETO_LEFT_OUT({sales})", sum(found.left_out))
    for column, text in zip("OPQ", ("Customer", "Value", "Running total"), strict=True):
        page.put(f"{column}{RANKING_FIRST - 1}", text, "label")
    rows = _ranked_rows(found)
    page.spill(f"O{RANKING_FIRST}", f"=PARETO_RANKING({sales})", rows, head="plain", columns=["plain"] * 3)


def _ranked_rows(found: ParetoAnswer) -> list[list[Cell]]:
    if found.spread is None:
        problem = found.problem.replace("Amounts", "amounts", 1)
        return [[problem or "customers and amounts have no row with both a customer and a number."]]
    values = [float(value) for value in found.spread.values]
    return [list(row) for row in zip(found.spread.customers, values, accumulate(values), strict=True)]


def _write_plain_row(page: Page, row: int, position: int, spread: Concentration | None) -> None:
    known = spread is not None and position < spread.n
    name = value = share = running = letter = None
    if known and spread is not None:
        name, value = spread.customers[position], float(spread.values[position])
        share, running = value / spread.total, float(spread.curve.share[position + 1])
        letter = str(spread.classes[position])
    place, before = f"{CALC}$N{row}", f"N(G{row - 1})"
    page.formula(
        f"D{row}", f'=IF({place}="","",INDEX({CALC}$E${FIRST}:$E${_last(page)},{place}))', name, "cell"
    )
    page.formula(f"E{row}", f'=IF({place}="","",{CALC}$O{row})', value, "money")
    page.formula(f"F{row}", f'=IF({place}="","",E{row}/$E$6)', share, "rate")
    page.formula(f"G{row}", f'=IF({place}="","",{CALC}$P{row}/$E$6)', running, "rate")
    page.formula(
        f"H{row}",
        f'=IF({place}="","",IF({before}+1E-12<0.8,"A",IF({before}+1E-12<0.95,"B","C")))',
        letter,
        "cell_center",
    )


def _last(page: Page) -> int:
    return FIRST + page.book.capacity - 1


def _validate(page: Page, last: int) -> None:
    page.check(
        f"A{FIRST}:A{last}",
        validate="length",
        criteria="<=",
        value=255,
        error_title="Customer",
        error_message="Keep the name or number of a customer under 256 characters.",
    )
    page.check(
        f"B{FIRST}:B{last}",
        validate="decimal",
        criteria="between",
        minimum=-1e15,
        maximum=1e15,
        error_title="Amount",
        error_message="Type a number; a refund stands below zero.",
    )


def write_calc(book: Book, inputs: Inputs) -> Page | None:
    """Write the helper sheet of the plain dialect: one row for each row pasted, then one for each rank."""
    if book.dialect != "plain":
        return None
    page, found = book.sheet("Pareto calc", tab=GREY), answer(inputs)
    page.widths({"A:P": 14})
    heads = (
        "text", "spaces", "words", "trimmed", "name", "key", "amount", "first", "value", "value alike",
        "number", "rank", "left out", "row of rank", "value of rank", "running total",
    )  # fmt: skip
    page.put("A1", "Helper columns of the sheet Pareto, row by row", "title")
    for column, head in zip(COLUMNS, heads, strict=True):
        page.put(f"{column}{HEAD}", head, "head")
    last = _last(page)
    _write_totals(page, found, last)
    for row, values in enumerate(_helper_values(inputs, found, last), start=FIRST):
        formulas = _helper_formulas(row, last)
        for column, formula, value in zip(COLUMNS, formulas, values, strict=True):
            page.formula(f"{column}{row}", formula, value)
    page.worksheet.freeze_panes(HEAD, 0)
    page.printed(f"A1:P{PRINTED}", repeat=HEAD)
    page.worksheet.hide()
    return page


def _write_totals(page: Page, found: ParetoAnswer, last: int) -> None:
    spread = found.spread
    count, total = len(found.totals), sum(found.totals.values())
    peak = _peak(found)
    labels = ("customers", "total", "peak", "may be shared out", "left out")
    for row, label in enumerate(labels, start=1):
        page.put(f"L{row}", label, "label")
    page.formula("M1", f"=COUNT(I{FIRST}:I{last})", count)
    page.formula("M2", f"=SUM(I{FIRST}:I{last})", total)
    page.formula("M3", f'=SUMIF(I{FIRST}:I{last},">0")', peak)
    page.formula(
        "M4",
        f'=IF(M1=0,"{NO_ROWS}",IF(M2<=1E-12*M3,"Amounts must add up to more than zero, or there is no '
        "revenue to "
        'share out (got "&M2&").",""))',
        "" if spread is not None else found.problem or NO_ROWS,
    )
    page.formula("M5", f"=SUM(M{FIRST}:M{last})", sum(found.left_out))


def _peak(found: ParetoAnswer) -> float:
    """The highest running total: all values above zero."""
    return sum(value for value in found.totals.values() if value > 0)


def _helper_formulas(row: int, last: int) -> tuple[str, ...]:
    keys, amounts, values = (f"{column}${FIRST}:{column}${last}" for column in "FGI")
    turn = f"(ROW()-{HEAD})"
    return (
        *_name_formulas(row),
        f'=IF(E{row}="","",IF(ISNUMBER(Pareto!B{row}),LOWER(E{row}),""))',
        # an error cell among the amounts would make every sum an error
        f'=IF(F{row}="",0,Pareto!B{row})',
        f'=IF(F{row}="","",IF(SUMPRODUCT(--(F${FIRST}:F{row}=F{row}))=1,1,0))',
        f'=IF(H{row}=1,SUMPRODUCT(--({keys}=F{row}),{amounts}),"")',
        f'=IF(I{row}="","",{ALIKE.format(f"I{row}")})',
        f'=IF(H{row}=1,IF(AND({_digits(f"F{row}")},LEN(F{row})-(LEFT(F{row},1)="-")<19),VALUE(F{row}),""),'
        '"")',
        _rank_formula(row, last),
        f'=IF(F{row}<>"",0,IF(IFERROR(Pareto!A{row}&Pareto!B{row},"?")<>"",1,0))',
        f'=IF(OR({turn}>$M$1,$M$4<>""),"",MATCH({turn},L${FIRST}:L${last},0))',
        f'=IF(N{row}="","",INDEX({values},N{row}))',
        f'=IF(N{row}="","",O{row}+N(P{row - 1}))',
    )


def _name_formulas(row: int) -> tuple[str, ...]:
    """The customer's name in steps: text, blanks as spaces, words, trimmed, without a decimal point."""
    final = f"RIGHT(C{row},1)"
    times = f'(LEN(B{row})-LEN(SUBSTITUTE(B{row},{final},"")))/LEN({final})'
    first = f"FIND(LEFT(C{row},1),B{row})"
    end = f"FIND(CHAR(7),SUBSTITUTE(B{row},{final},CHAR(7),{times}))"
    point = f'FIND(".",D{row})'
    head, tail = f"LEFT(D{row},{point}-1)", f"MID(D{row},{point}+1,400)"
    return (
        f'=IFERROR(Pareto!A{row}&"","")',
        f"={blanks_as_spaces(f'A{row}')}",
        f"=TRIM(B{row})",
        f'=IF(C{row}="","",IF(LEN(C{row})=LEN(B{row}),A{row},MID(A{row},{first},'
        f"{end}-{first}+LEN({final}))))",
        f'=IF(ISERROR({point}),D{row},IF(AND({tail}<>"",SUBSTITUTE({tail},"0","")="",{_digits(head)}),'
        f"{head},D{row}))",
    )


def _rank_formula(row: int, last: int) -> str:
    """The rank by value; among values alike whole numbers come first, by size, then text."""
    keys, alike, numbers = (f"{column}${FIRST}:{column}${last}" for column in "FJK")
    rank = f"RANK(J{row},{alike})"
    alone = f"{rank}+RANK(J{row},{alike},1)=$M$1+1"
    ties = f'SUMPRODUCT(({alike}=J{row})*(({numbers}<>"")+({numbers}="")*({keys}<F{row})))'
    number_ties = f'SUMPRODUCT(({alike}=J{row})*({numbers}<>"")*({numbers}<K{row}))'
    return f'=IF(J{row}="","",{rank}+IF({alone},0,IF(K{row}="",{ties},{number_ties})))'


def _digits(text: str) -> str:
    """Formula text: is this a whole number, with or without a minus sign?"""
    unsigned = f'IF(LEFT({text},1)="-",MID({text},2,400),{text})'
    return f'({unsigned}<>"")*({without_digits(unsigned)}="")=1'


def _helper_values(inputs: Inputs, found: ParetoAnswer, last: int) -> list[list[Cell]]:
    """What the helper columns must show."""
    order = list(found.spread.customers) if found.spread else []
    ranks = {name.lower(): rank for rank, name in enumerate(_ranked(found), start=1)}
    rows: list[list[Cell]] = []
    places: dict[str, int] = {}
    for position, (customer, amount) in enumerate(inputs.sales):
        key = found.names[position].lower() if found.usable[position] else ""
        first = key != "" and key not in places
        if first:
            places[key] = position + 1
        rows.append(
            [*_text_steps(customer, found.names[position]), key, 0 if key == "" else amount,
             None if key == "" else int(first), found.totals[key] if first else None,
             _alike(found.totals[key]) if first else None, _whole(key) if first else None,
             ranks[key] if first else None, int(found.left_out[position])]
        )  # fmt: skip
    blank: list[Cell] = [None] * 6 + [0] + [None] * 5 + [0]
    rows += [list(blank) for _ in range(last - FIRST + 1 - len(rows))]
    running = list(accumulate(found.totals[name.lower()] for name in order))
    for position, row in enumerate(rows):
        known = position < len(order)
        key = order[position].lower() if known else ""
        row += [places[key], found.totals[key], running[position]] if known else [None, None, None]
    return rows


def _ranked(found: ParetoAnswer) -> list[str]:
    if found.spread is not None:
        return list(found.spread.customers)
    from retention_core.identity import key_order

    keys = list(found.totals)
    order = [keys[i] for i in key_order(keys)]
    return sorted(order, key=lambda key: -_alike(found.totals[key]))


def _alike(value: float) -> float:
    """The value to 40 binary digits, as the core ranks it."""
    digits, exponent = math.frexp(value)
    return math.ldexp(round(math.ldexp(digits, 40)), exponent - 40)


def _text_steps(customer: Cell, name: str) -> list[Cell]:
    text = "" if customer is None else shown(customer)
    spaced = "".join(" " if character in BLANKS else character for character in text)
    return [text, spaced, " ".join(spaced.split()), text.strip(BLANKS), name]


def _whole(key: str) -> float | None:
    unsigned = key.removeprefix("-")
    return float(key) if unsigned.isascii() and unsigned.isdigit() and len(unsigned) < 19 else None


def write_chart_rows(page: Page, inputs: Inputs) -> None:
    """Write the bars of the chart: the best customers and the cumulative share."""
    spread = answer(inputs).spread
    for column, text in zip("KLM", ("Customer", "Value", "Cumulative share"), strict=True):
        page.put(f"{column}10", text, "label")
    for position in range(CHARTED):
        row, source = 11 + position, f"Pareto!{{}}{FIRST + position}"
        known = spread is not None and position < spread.n
        values: tuple[Cell, Cell, Cell] = (None, "#N/A", "#N/A")
        if known and spread is not None:
            values = (
                spread.customers[position],
                float(spread.values[position]),
                float(spread.curve.share[position + 1]),
            )
        name, value, running = (source.format(column) for column in "DEG")
        page.formula(f"K{row}", f'=IF(ISNUMBER({value}),{name}&"","")', values[0])
        page.formula(f"L{row}", f"=IF(ISNUMBER({value}),{value},NA())", values[1])
        page.formula(f"M{row}", f"=IF(ISNUMBER({value}),{running},NA())", values[2])


def _write_chart(page: Page) -> None:
    font = {"name": "Arial", "size": 9, "color": GREY}
    last = 11 + CHARTED - 1
    columns = page.book.workbook.add_chart({"type": "column"})
    columns.add_series(
        {
            "name": "Value",
            "categories": f"=Calc!$K$11:$K${last}",
            "values": f"=Calc!$L$11:$L${last}",
            "fill": {"color": ACCENT},
            "gap": 30,
        }
    )
    line = page.book.workbook.add_chart({"type": "line"})
    line.add_series(
        {
            "name": "Cumulative share",
            "categories": f"=Calc!$K$11:$K${last}",
            "values": f"=Calc!$M$11:$M${last}",
            "y2_axis": True,
            "line": {"color": WARM, "width": 2.25},
            "marker": {"type": "circle", "size": 4, "fill": {"color": WARM}, "border": {"color": WARM}},
        }
    )
    columns.combine(line)
    columns.set_title(
        {"name": f"The {CHARTED} best customers", "name_font": {"name": "Arial", "size": 12, "color": ACCENT}}
    )
    columns.set_x_axis({"num_font": {**font, "rotation": -60, "size": 8}, "line": {"color": LINE}})
    columns.set_y_axis(
        {
            "num_font": font,
            "num_format": "#,##0",
            "major_gridlines": {"visible": True, "line": {"color": LINE}},
            "line": {"none": True},
        }
    )
    line.set_y2_axis({"num_font": font, "num_format": "0%", "min": 0, "max": 1, "line": {"none": True}})
    columns.set_legend({"position": "bottom", "font": font})
    columns.set_chartarea({"border": {"color": LINE}})
    columns.show_na_as_empty_cell()
    columns.set_size({"width": 600, "height": 460})
    page.worksheet.insert_chart(
        "J9",
        columns,
        {
            "object_position": 2,
            "y_offset": 4,
            "description": "Pareto chart: columns of value, line of cumulative share",
        },
    )
