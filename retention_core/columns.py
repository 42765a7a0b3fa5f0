"""Which column is which: the roles of an order log, and a guess from the names people give them."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from retention_core.errors import ColumnError, said

_NAMES: Mapping[str, str] = {
    "customer": "customerid customernumber customerno customercode custid custno customer clientid"
    " clientnumber client buyerid buyer userid user memberid member accountid accountnumber account shopperid"
    " shopper guestid patientid householdid customeremail email emailaddress customername clientname"
    " buyername billingname fullname kundennummer kundennr kundenid kundeid kunde kundin kundenname"
    " debitor debitorennr idclient numeroclient numclient nomclient idcliente numerocliente"
    " codigocliente cliente clienteid nomecliente codicecliente klantnummer klantid klant klantnaam"
    " kundnummer kund kundenavn asiakas klient kundnr kdnr kundenr nclient nocliente"
    " codcliente iddocliente klantnr nrklienta customeruniqueid buyeremail",
    "date": "orderdate invoicedate purchasedate transactiondate saledate salesdate dateofpurchase dateoforder"
    " orderedat purchasedat createdat created paidat processedat ordertimestamp purchasetimestamp"
    " orderdatetime bookingdate receiptdate billingdate date datetime timestamp day bestelldatum"
    " rechnungsdatum kaufdatum auftragsdatum belegdatum buchungsdatum datum datecommande"
    " datedecommande datefacture dateachat fechapedido fechafactura fechacompra fecha dataordine"
    " datafattura data besteldatum factuurdatum orderdatum dato ordredato datapedido datacompra"
    " datazamowienia",
    "amount": "amount orderamount invoiceamount lineamount netamount totalamount amountpaid"
    " ordertotalamount ordertotal"
    " linetotal invoicetotal grandtotal total totalprice totalsales ordervalue revenue sales"
    " salesamount netsales turnover spend spent value dollarvalue subtotal payment paid betrag"
    " nettobetrag bruttobetrag rechnungsbetrag umsatz nettoumsatz summe gesamt gesamtbetrag"
    " gesamtpreis warenwert wert montant montantht montantttc chiffredaffaires prixtotal importe"
    " importetotal monto ventas importo fatturato totale valor valortotal bedrag omzet totaal belopp"
    " summa omsetning kwota netto brutto",
    "quantity": "quantity qty units itemcount numberofitems pieces menge anzahl stueck stuck stueckzahl"
    " quantite qte cantidad quantita quantidade aantal antal ilosc",
    "price": "unitprice priceeach itemprice priceperunit price einzelpreis stueckpreis stuckpreis preis"
    " prixunitaire prix preciounitario precio prezzounitario prezzo precounitario preco stuksprijs"
    " prijs pris cena",
    "order": "orderid ordernumber orderno ordernr ordercode order invoiceno invoicenumber invoiceid invoicenr"
    " invoice transactionid transactionnumber transaction receiptid receiptnumber receiptno receipt"
    " basketid basket saleid billid billno ticketid ticket bestellnummer bestellnr bestellung"
    " auftragsnummer auftragsnr auftrag rechnungsnummer rechnungsnr rechnung belegnummer belegnr"
    " bonnummer numerocommande ncommande numcommande idcommande commande numerofacture facture numeropedido"
    " idpedido pedido numerofactura factura numeroordine ordine numerofattura fattura ordernummer"
    " factuurnummer bestelling",
    "cost": "cost totalcost ordercost linecost productcost costofgoods costofgoodssold cogs kosten"
    " wareneinsatz selbstkosten cout coutdachat coste costo custo kostprijs kostnad",
    "margin": "margin grossmargin contributionmargin profit grossprofit contribution gewinn rohertrag"
    " deckungsbeitrag marge margebrute benefice margen beneficio margine lucro winst",
    "currency": "currency currencycode iso4217 waehrung wahrung devise moneda valuta moeda",
}
SYNONYMS = {role: words.split() for role, words in _NAMES.items()}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an order log by role, each named as in the table.

    None where there is none, or where it is to be guessed; "" asks for none at all.
    """

    customer: str | None = None
    date: str | None = None
    amount: str | None = None
    quantity: str | None = None
    price: str | None = None
    order: str | None = None
    cost: str | None = None
    margin: str | None = None
    currency: str | None = None
    groups: tuple[str, ...] = ()

    def named(self) -> dict[str, str]:
        """Role -> column, for the roles that have one, groups left out.

        Examples
        --------
        >>> Columns(customer="Kunde", date="Datum").named()
        {'customer': 'Kunde', 'date': 'Datum'}
        """
        roles = (field.name for field in fields(self) if field.name != "groups")
        return {role: column for role in roles if (column := getattr(self, role))}


ROLES = tuple(SYNONYMS)
_MONEY = {"amount", "quantity", "price"}
_PROFIT = {"cost", "margin"}


def guess_columns(names: Iterable[str]) -> Columns:
    """Roles that the columns' names give away; a column serves one role only.

    Names are compared without case, accents, spaces and punctuation, in English and the larger
    European languages. Quantity and price are guessed only where there is no amount.

    Examples
    --------
    >>> guess_columns(["InvoiceNo", "InvoiceDate", "CustomerID", "Quantity", "UnitPrice"]).named()
    ... # doctest: +NORMALIZE_WHITESPACE
    {'customer': 'CustomerID', 'date': 'InvoiceDate', 'quantity': 'Quantity', 'price': 'UnitPrice',
     'order': 'InvoiceNo'}
    >>> guess_columns(["Kunde", "Bestelldatum", "Betrag (EUR)"]).amount
    'Betrag (EUR)'
    """
    free = list(names)
    found: dict[str, str] = {}
    for role in ROLES:
        best = min(free, key=lambda name: _rank(role, name), default=None)
        if best is not None and _rank(role, best) < _NO_MATCH:
            found[role] = best
            free.remove(best)
    if "amount" in found:
        found.pop("quantity", None)
        found.pop("price", None)
    elif "quantity" not in found and "price" in found:
        found["amount"] = found.pop("price")
    elif "price" not in found:
        found.pop("quantity", None)
    return Columns(**found)  # type: ignore[arg-type]  # groups are never guessed


def resolve_columns(names: Sequence[str], asked: Columns) -> tuple[Columns, tuple[str, ...]]:
    """The mapping to use: what was asked for, the rest guessed, with a sentence for each guess.

    A role asked for as "" is neither mapped nor guessed.

    Raises
    ------
    ColumnError
        If a column asked for is not in the table, serves two roles, or customer or date is neither
        named nor recognised.

    Examples
    --------
    >>> columns, guessed = resolve_columns(["Kunde", "Tag", "Umsatz"], Columns(date="Tag"))
    >>> guessed
    ('customer is read from "Kunde".', 'amount is read from "Umsatz".')
    """
    given = {role: find_column(names, column, role) for role, column in asked.named().items()}
    groups = tuple(find_column(names, column, "groups") for column in asked.groups)
    _refuse_shared(given)
    taken = {*given.values(), *groups}
    guesses = guess_columns(name for name in names if name not in taken).named()
    added = {role: column for role, column in guesses.items() if _may_guess(role, asked, guesses)}
    columns = Columns(**{**given, **added}, groups=groups)
    _require(names, columns)
    return columns, tuple(f'{role} is read from "{column}".' for role, column in added.items())


def _may_guess(role: str, asked: Columns, guesses: Mapping[str, str]) -> bool:
    """Whether a guess is welcome: nobody decided the role, nor one that goes with it."""
    decided = {field.name for field in fields(asked) if getattr(asked, field.name) is not None}
    if role in _MONEY:
        return not decided & _MONEY
    if role in _PROFIT:
        has_amount = _MONEY & asked.named().keys() or (not decided & _MONEY and _MONEY & guesses.keys())
        return not decided & _PROFIT and bool(has_amount)
    return role not in decided


def find_column(names: Sequence[str], column: str, role: str) -> str:
    """The table's own spelling of a column that was asked for.

    Raises
    ------
    ColumnError
        If there is no such column, or two that differ only in case.
    """
    if column in names:
        return column
    alike = [name for name in names if _plain(name) == _plain(column)]
    if len(alike) == 1:
        return alike[0]
    close = difflib.get_close_matches(_plain(column), [_plain(name) for name in names], 1)
    guess = next((name for name in names if close and _plain(name) == close[0]), None)
    guess = guess or getattr(guess_columns(names), role, None)
    hint = f' Did you mean {role}="{guess}"?' if isinstance(guess, str) else ""
    raise ColumnError(f'No column "{said(column)}". The table has: {_listed(names)}.{hint}')


def _require(names: Sequence[str], columns: Columns) -> None:
    for role in ("customer", "date"):
        if getattr(columns, role) is None:
            raise ColumnError(
                f"No column looks like the {role}. The table has: {_listed(names)}. "
                f"Name the one that holds it as `{role}`."
            )
    if (columns.quantity is None) != (columns.price is None):
        missing = "price" if columns.price is None else "quantity"
        raise ColumnError(f"Quantity and price go together: name the column of `{missing}` too.")
    if columns.amount is not None and columns.quantity is not None:
        raise ColumnError("Name either `amount` or `quantity` with `price`, not all three.")
    profit = "cost" if columns.cost is not None else "margin" if columns.margin is not None else None
    if profit and columns.amount is None and columns.price is None:
        raise ColumnError(f"A {profit} says nothing without the amount: name the column of `amount` too.")
    if columns.cost is not None and columns.margin is not None:
        raise ColumnError("Name either `cost` or `margin`, not both: each gives the profit by itself.")


def _refuse_shared(given: Mapping[str, str]) -> None:
    for role, column in given.items():
        twin = next((other for other in given if other != role and given[other] == column), None)
        if twin is not None:
            raise ColumnError(f'"{column}" cannot be both `{role}` and `{twin}`: name two columns.')


_NO_MATCH = 10_000


def _rank(role: str, name: str) -> int:
    plain = _plain(name)
    words = SYNONYMS[role]
    if plain in words:
        return words.index(plain)
    without_unit = _plain(re.sub(r"[(\[].*?[)\]]", "", name))
    if without_unit in words:
        return 1_000 + words.index(without_unit)
    return _NO_MATCH


def _plain(name: str) -> str:
    """A name without case, accents and punctuation, umlauts written out."""
    spelled = name.lower().translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"})
    bare = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))
    return re.sub(r"[^\w]|_", "", bare)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(said(name) for name in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"
