"""Guessing which column is which."""

import pytest

import retention_core as rc
from retention_core.columns import resolve_columns


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        (["customer_id", "order date", "amount"], {"customer": 0, "date": 1, "amount": 2}),
        (
            ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"],
            {"order": 0, "quantity": 3, "date": 4, "price": 5, "customer": 6},
        ),
        (
            ["Kunde", "Bestelldatum", "Umsatz (€)", "Währung"],
            {"customer": 0, "date": 1, "amount": 2, "currency": 3},
        ),
        (["Numéro client", "Date de commande", "Montant HT"], {"customer": 0, "date": 1, "amount": 2}),
        (["Cliente", "Fecha", "Importe", "Nº pedido"], {"customer": 0, "date": 1, "amount": 2}),
        (["Customer Name", "Customer ID", "Date", "Total"], {"customer": 1, "date": 2, "amount": 3}),
        (["date", "client", "price"], {"date": 0, "customer": 1, "amount": 2}),
        (
            ["Order ID", "Email", "Created at", "Total", "Subtotal"],
            {"order": 0, "customer": 1, "date": 2, "amount": 3},
        ),
        (["USER_ID", "TIMESTAMP", "REVENUE", "PROFIT"], {"customer": 0, "date": 1, "amount": 2, "margin": 3}),
    ],
)
def test_common_headers_are_understood(header, roles):
    assert rc.guess_columns(header).named() == {role: header[place] for role, place in roles.items()}


def test_a_guess_never_overrides_what_was_asked_for():
    columns, guessed = resolve_columns(["id", "customer", "date", "amount"], rc.Columns(customer="id"))
    assert columns.named() == {"customer": "id", "date": "date", "amount": "amount"}
    assert guessed == ('date is read from "date".', 'amount is read from "amount".')


def test_a_role_turned_down_is_not_guessed():
    header = ["customer", "date", "order", "quantity", "price", "cost"]
    columns, _ = resolve_columns(header, rc.Columns(order="", price=""))
    assert columns.named() == {"customer": "customer", "date": "date"}
    columns, _ = resolve_columns(header, rc.Columns(cost=""))
    assert (columns.price, columns.cost) == ("price", None)


def test_a_name_is_found_in_any_case_and_spacing():
    columns, _ = resolve_columns(["Customer ID", "Date"], rc.Columns(customer="customer_id"))
    assert columns.customer == "Customer ID"


@pytest.mark.parametrize(
    ("names", "asked", "sentence"),
    [
        (
            ["customer", "date", "amount"],
            rc.Columns(customer="custmer"),
            'No column "custmer". The table has: customer, date, amount. Did you mean customer="customer"?',
        ),
        (
            ["who", "date"],
            rc.Columns(),
            "No column looks like the customer. The table has: who, date. "
            "Name the one that holds it as customer.",
        ),
        (
            ["customer", "date"],
            rc.Columns(customer="customer", date="customer"),
            '"customer" cannot be both customer and date: name two columns.',
        ),
        (
            ["customer", "date", "units"],
            rc.Columns(quantity="units"),
            "Quantity and price go together: name the column of price too.",
        ),
        (
            ["customer", "date", "a", "q", "p"],
            rc.Columns(amount="a", quantity="q", price="p"),
            "Name either amount or quantity with price, not all three.",
        ),
        (
            ["customer", "date", "a", "c", "m"],
            rc.Columns(amount="a", cost="c", margin="m"),
            "Name either cost or margin, not both: each gives the profit by itself.",
        ),
    ],
)
def test_a_mapping_that_makes_no_sense_gets_one_sentence(names, asked, sentence):
    with pytest.raises(rc.ColumnError) as caught:
        resolve_columns(names, asked)
    assert str(caught.value) == sentence
