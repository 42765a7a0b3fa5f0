"""Feedback: every row accounted for, figures from their definition, effects only where they are."""

import datetime as dt
import math

import duckdb
import pandas as pd
import polars as pl
import pytest
from scipy.stats import binom

import retention_core as rc
from retention_core.contact_log import ContactLog
from retention_core.differences import Difference
from retention_core.feedback_log import NOT_A_SCORE, FeedbackLog
from retention_core.net_promoter import nps
from retention_core.orders import OrderLog
from retention_core.voice import voice_of
from retention_core.voice_follow_up import kept_by_adoption, kept_by_score
from tests.core.known_voice import (
    AS_OF,
    DECIDED_WITHIN,
    Effects,
    KnownVoice,
    known_voice,
    true_orders_again,
    true_points,
)

ROWS = pd.DataFrame(
    {
        "Kunde": ["Ann", " ann ", "17850.0", "Bob", None, "Cem", "Dan", "Eve"],
        "Umfragedatum": [
            "05.01.2025", "17.02.2025", "18.02.2025", "", "03.03.2025", "soon", "01.04.2025", "02.04.2025",
        ],
        "Bewertung": ["9", "", "10 - sehr gern", "7/10", "1", "2", "11", "6,0"],
        "Vorschlag": ["Mehr Farben", "-", "keine", "Geschenkpapier", "x", "y", "z", "Öffnen am Sonntag"],
        "Umgesetzt": ["ja", "", "", "nein", "ja", "ja", "ja", "vielleicht"],
    }
)  # fmt: skip
ORDERS = OrderLog.from_frame(
    pd.DataFrame(
        {
            "customer": ["Ann", "Ann", "Bo", "Bo", "Cy", "Di", "Di", "Ed"],
            "date": [
                "2025-01-01", "2025-02-01", "2025-01-02", "2025-06-01",
                "2025-01-03", "2025-01-04", "2025-01-20", "2025-03-20",
            ],
            "amount": [10, 20, 30, 40, 500, 60, 70, 80],
        }
    )
)  # fmt: skip
SAID = pd.DataFrame(
    {
        "customer": ["Ann", "Bo", "Cy", "Di", "Fay"],
        "date": ["2025-01-10", "2025-01-10", "2025-01-10", "2025-01-10", "2025-01-11"],
        "score": [10, 3, 6, 9, 2],
        "suggestion": ["Faster", "Cheaper", None, "More green", "Anything"],
        "adopted": ["2025-01-15", None, None, "2025-02-20", None],
    }
)


def test_columns_are_guessed_and_every_row_is_used_or_set_aside_with_a_reason():
    log = FeedbackLog.from_frame(ROWS)
    assert dict(log.columns) == {
        "customer": "Kunde", "date": "Umfragedatum", "score": "Bewertung",
        "suggestion": "Vorschlag", "adopted": "Umgesetzt",
    }  # fmt: skip
    assert log.guessed[0] == 'customer is read from "Kunde".'
    assert log.rows == log.rows_used + len(log.set_aside) == 8
    assert log.set_aside[["row", "reason", "value"]].to_numpy().tolist() == [
        [5, "no customer", ""],
        [6, "unreadable date", "soon"],
        [7, NOT_A_SCORE, "11"],
    ]
    assert log.lines["customer"].tolist() == ["ann", "ann", "17850", "bob", "eve"]
    assert (log.customers, log.first_day, log.last_day) == (4, dt.date(2025, 1, 5), dt.date(2025, 4, 2))


def test_scores_are_read_as_people_write_them_and_a_blank_is_no_answer():
    scores = FeedbackLog.from_frame(ROWS).lines["score"].tolist()
    assert [None if math.isnan(score) else score for score in scores] == [9, None, 10, 7, 6]


@pytest.mark.parametrize("score", ["8.5", "-1", "7-8", "100", "good", "1e1", True])
def test_a_score_off_the_scale_sets_its_row_aside(score):
    log = FeedbackLog.from_frame(pd.DataFrame({"customer": ["A", "B"], "score": ["9", score]}))
    assert log.set_aside_counts == {NOT_A_SCORE: 1}


def test_blank_dates_stay_and_are_told_and_words_that_decide_nothing_are_undecided():
    log = FeedbackLog.from_frame(ROWS)
    assert "1 used row has no date: they count wherever time plays no part." in log.notes
    assert log.warnings == (
        '1 cells of "Umgesetzt" are no yes, no or day and count as undecided: vielleicht.',
    )
    assert log.lines["suggested"].tolist() == [True, False, False, True, True]
    assert log.lines["adopted"].tolist() == [True, None, None, False, None]


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["yes", "", "no"], [True, None, False]),
        (["yes", "", ""], [True, False, False]),
        (["2025-03-01", None, None], [True, False, False]),
        ([True, False, False], [True, False, False]),
        ([1, 0, None], [True, False, None]),
        (["implemented", "rejected", "planned"], [True, False, None]),
        (pd.to_datetime(["2025-03-01", None, None]), [True, False, False]),
    ],
)
def test_a_blank_adoption_means_no_only_where_no_cell_says_no(cells, wanted):
    frame = pd.DataFrame({"customer": ["A", "B", "C"], "idea": ["x", "y", "z"], "adopted": cells})
    assert FeedbackLog.from_frame(frame).lines["adopted"].tolist() == wanted


def test_nothing_is_nothing_in_every_type_of_column():
    frame = pd.DataFrame(
        {
            "customer": pd.array(["A", None, "B"], dtype="string"),
            "date": pd.array(["2025-01-01", "2025-01-02", None], dtype="string"),
            "score": pd.array([9, 3, None], dtype="Int64"),
            "adopted": pd.array([True, None, False], dtype="boolean"),
        }
    )
    log = FeedbackLog.from_frame(frame)
    assert log.set_aside_counts == {"no customer": 1}
    assert log.lines["score"].isna().tolist() == [False, True]
    assert log.lines["adopted"].tolist() == [True, False]


def test_days_of_adoption_are_kept():
    days = FeedbackLog.from_frame(SAID).lines["adopted_on"]
    assert days.dropna().tolist() == [dt.date(2025, 1, 15).toordinal(), dt.date(2025, 2, 20).toordinal()]


def test_what_was_adopted_later_than_the_day_looked_at_is_undecided_then():
    log = FeedbackLog.from_frame(SAID)
    assert log.before(dt.date(2025, 2, 20))["adopted"].tolist() == [True, False, None, None, False]
    assert len(log.before(dt.date(2025, 1, 11))) == 4


def test_only_the_customer_is_required():
    log = FeedbackLog.from_frame(pd.DataFrame({"customer": ["A", "B"]}))
    found = voice_of(ORDERS, log)
    assert (log.rows_used, log.first_day) == (2, None)
    unknown = (found.nps, found.answered, found.active_answered, found.adopted, found.adoption)
    assert unknown == (None,) * 5
    assert (found.by_score, found.over_time, found.detractors) == ((), (), ())
    assert len(found.notes) == 4
    assert found.answer == "The net promoter score is unknown: the feedback holds no score."
    assert list(found.to_frame().columns)[:3] == ["customer", "score", "date"]


@pytest.mark.parametrize("missing", ["date", "score", "suggestion", "adopted"])
def test_a_missing_column_removes_only_what_needs_it_and_says_so(missing):
    whole = voice_of(ORDERS, FeedbackLog.from_frame(SAID), window=40, decide_days=20)
    found = voice_of(ORDERS, FeedbackLog.from_frame(SAID.drop(columns=missing)), window=40, decide_days=20)
    gone = {
        "date": {"adoption", "score_difference"},
        "score": {"nps", "active_answered", "score_difference"},
        "suggestion": {"adopted", "adoption"},
        "adopted": {"adopted", "adoption"},
    }
    names = ("nps", "active_answered", "score_difference", "adopted", "adoption")
    assert all(getattr(whole, name) is not None for name in names)
    lost = {name for name in names if getattr(found, name) is None}
    # suggestions that were not adopted are unknown, but those that were remain
    assert lost == (gone[missing] - {"adoption"} if missing == "suggestion" else gone[missing])
    assert set(found.notes) - set(whole.notes)


def test_without_orders_the_score_remains():
    found = voice_of(None, FeedbackLog.from_frame(SAID))
    assert found.nps.points == pytest.approx(100 * (2 - 3) / 5)
    assert (found.adoption, found.by_score, found.window) == (None, (), None)
    assert [one.customer for one in found.detractors] == ["Fay", "Bo", "Cy"]
    assert "Without orders nothing is known of staying, of value, or of active customers." in found.notes


def test_the_latest_answer_of_each_customer_counts_unless_all_are_asked_for():
    frame = pd.DataFrame(
        {
            "customer": ["A", "a ", "B"],
            "score": [2, 10, 8],
            "date": ["2025-01-01", "2025-02-01", "2025-01-05"],
        }
    )
    log = FeedbackLog.from_frame(frame)
    assert voice_of(None, log).nps.points == 50
    assert voice_of(None, log, as_of=dt.date(2025, 2, 1)).nps.points == -50
    assert voice_of(None, log, scores="all").nps.answers == 3


def test_who_did_not_answer_is_counted_where_the_log_says_whom_it_asked():
    asked = pd.DataFrame({"customer": ["A", "B", "B", "C", "D"], "score": [9, None, 7, None, None]})
    found = voice_of(None, FeedbackLog.from_frame(asked)).answered
    assert (found.part, found.of) == (2, 4)
    every = voice_of(None, FeedbackLog.from_frame(asked.dropna()))
    assert every.answered is None
    assert "Every row has a score, so who was asked and did not answer is unknown." in every.notes


def test_the_share_of_active_customers_who_answered():
    found = voice_of(ORDERS, FeedbackLog.from_frame(SAID), as_of=dt.date(2025, 3, 21), window=92)
    assert (found.active_answered.part, found.active_answered.of) == (4, 5)
    later = voice_of(ORDERS, FeedbackLog.from_frame(SAID), as_of=dt.date(2025, 6, 2), window=92)
    assert (later.active_answered.part, later.active_answered.of) == (1, 2)


def test_kept_is_who_ordered_within_the_window_after_the_first_answer():
    found = voice_of(ORDERS, FeedbackLog.from_frame(SAID), window=40)
    assert [(one.group, one.customers, one.kept) for one in found.by_score] == [
        ("promoters", 2, 2),
        ("passives", 0, 0),
        ("detractors", 2, 0),
    ]
    assert found.by_score[1].share is None
    assert found.score_difference.difference == 1
    assert found.score_difference.left_out == {"no order by then": 1}


def test_an_adoption_counts_by_the_landmark_and_the_window_begins_there():
    """Ann was heard after 5 days, Di after 41; orders before the landmark are not kept."""
    log = FeedbackLog.from_frame(SAID)
    found = voice_of(ORDERS, log, window=20, decide_days=10).adoption
    assert (found.one.customers, found.one.kept) == (1, 1)
    assert (found.other.customers, found.other.kept) == (2, 0)
    assert (
        "adopted within 10 days of it or not: kept is who ordered within the 20 days after"
        in found.definition
    )
    both = voice_of(ORDERS, log, window=20, decide_days=60).adoption
    assert (both.one.customers, both.one.kept, both.other.customers) == (2, 0, 1)


def test_who_cannot_be_followed_for_the_whole_window_is_left_out_and_counted():
    log = FeedbackLog.from_frame(SAID)
    last = dt.date(2025, 1, 10) + dt.timedelta(days=40)
    enough = voice_of(ORDERS, log, window=40, as_of=last + dt.timedelta(days=1))
    short = voice_of(ORDERS, log, window=40, as_of=last)
    assert enough.score_difference.left_out == {"no order by then": 1}
    assert short.score_difference.left_out == {"no order by then": 1, "too recent to follow": 4}
    assert short.score_difference.difference is None
    assert short.score_difference.verdict == "cannot tell"


def test_an_adoption_without_days_is_compared_from_the_suggestion_on_and_the_doubt_is_said():
    frame = SAID.assign(adopted=["yes", "no", None, "maybe", "no"])
    found = voice_of(ORDERS, FeedbackLog.from_frame(frame), window=40)
    assert found.decide_days == 0
    assert (found.adopted.part, found.adopted.of, found.undecided) == (1, 3, 1)
    assert (found.adoption.one.customers, found.adoption.other.customers) == (1, 1)
    assert found.adoption.left_out == {"no order by then": 1, "undecided": 1}
    assert any(note.startswith("No day of adoption is known") for note in found.notes)


def test_by_default_four_in_five_adoptions_have_come_by_the_landmark():
    found = voice_of(ORDERS, FeedbackLog.from_frame(SAID), window=92)
    assert found.decide_days == 34  # of 5 and 41 days
    assert voice_of(ORDERS, FeedbackLog.from_frame(SAID), window=20).decide_days == 20


def test_the_score_over_time_marks_the_period_in_progress():
    frame = pd.DataFrame(
        {"customer": list("ABCA"), "score": [10, 0, 9, 9],
         "date": ["2025-01-05", "2025-03-31", "2025-04-01", "2025-02-01"]}
    )  # fmt: skip
    found = voice_of(None, FeedbackLog.from_frame(frame)).over_time
    assert [(one.start, one.end, one.answers, one.points, one.complete) for one in found] == [
        (dt.date(2025, 1, 1), dt.date(2025, 4, 1), 2, 0.0, True),
        (dt.date(2025, 4, 1), dt.date(2025, 7, 1), 1, 100.0, False),
    ]


def test_detractors_are_listed_by_value_with_what_they_said():
    marks = pd.DataFrame({"customer": ["Bo"], "date": ["2025-01-01"], "opt-out": ["x"]})
    found = voice_of(ORDERS, FeedbackLog.from_frame(SAID), contacts=ContactLog.from_frame(marks))
    table = found.to_frame()
    assert table["customer"].tolist() == ["Cy", "Bo", "Fay"]
    assert table["value"].tolist()[:2] == [500.0, 70.0]
    assert table["value"].isna().tolist() == [False, False, True]
    assert table["suggestion"].tolist()[1:] == ["Cheaper", "Anything"]
    assert table["do_not_contact"].tolist() == [False, True, False]
    assert found.answer.endswith("3 detractors to call, who brought 570 of revenue.")
    assert "1 of 5 customers in the feedback have no order before the day looked at." in found.notes


def test_a_scale_that_ends_at_five_is_suspected():
    frame = pd.DataFrame({"customer": list("ABCDEFGHIJ"), "score": [5, 4, 5, 3, 5, 5, 4, 5, 5, 1]})
    assert "is above 5" in FeedbackLog.from_frame(frame).warnings[0]
    assert not FeedbackLog.from_frame(frame.assign(score=frame["score"] + 1)).warnings


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_file_gives_what_its_frame_gives(kind, tmp_path):
    path = tmp_path / f"feedback.{kind}"
    getattr(ROWS, {"csv": "to_csv", "parquet": "to_parquet", "xlsx": "to_excel"}[kind])(path, index=False)
    wanted, found = FeedbackLog.from_frame(ROWS), FeedbackLog.from_file(path)
    pd.testing.assert_frame_equal(found.lines.drop(columns="row"), wanted.lines.drop(columns="row"))
    assert found.set_aside_counts == wanted.set_aside_counts


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_every_engine_gives_the_same_voice(engine):
    shop = known_voice(150)
    tables = [
        pl.from_pandas(frame) if engine == "polars" else duckdb.from_df(frame)
        for frame in (shop.orders, shop.feedback)
    ]
    log = OrderLog.from_frame(tables[0], customer="customer", date="date", amount="amount")
    found = voice_of(log, FeedbackLog.from_frame(tables[1]), window=92)
    wanted = voice_of(shop.log, shop.feedback_log, window=92)
    assert (found.nps, found.adoption, found.by_score) == (wanted.nps, wanted.adoption, wanted.by_score)
    pd.testing.assert_frame_equal(found.to_frame(), wanted.to_frame())


def test_the_order_of_the_rows_does_not_matter():
    shop = known_voice(150)
    turned = FeedbackLog.from_frame(shop.feedback.iloc[::-1])
    found, wanted = voice_of(shop.log, turned), voice_of(shop.log, shop.feedback_log)
    assert (found.nps, found.adoption, found.over_time) == (wanted.nps, wanted.adoption, wanted.over_time)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: FeedbackLog.from_frame(pd.DataFrame({"x": ["A"]})),
         "No column looks like the customer. The table has: x. Name the one that holds it as customer."),
        (lambda: FeedbackLog.from_frame(pd.DataFrame({"customer": ["A"], "score": ["good"]})),
         f"No row of the 1 can be used as feedback: {NOT_A_SCORE} 1."),
        (lambda: FeedbackLog.from_frame(ROWS, score="Umgesetzt", adopted="Umgesetzt"),
         '"Umgesetzt" cannot be both score and adopted: name two columns.'),
        (lambda: FeedbackLog.from_frame(5),
         "frame must be a table such as a pandas or polars frame (got int)."),
        (lambda: voice_of(ORDERS, FeedbackLog.from_frame(SAID), window=0),
         "window must be a whole number of days from 1 to 36,600 (got 0)."),
        (lambda: voice_of(ORDERS, FeedbackLog.from_frame(SAID), scores="first"),
         'scores must be "latest" or "all" (got "first").'),
        (lambda: voice_of(ORDERS, FeedbackLog.from_frame(SAID), as_of=dt.date(2024, 1, 1)),
         "as_of must lie after the first order, on 2025-01-01 (got 2024-01-01)."),
        (lambda: voice_of(5, FeedbackLog.from_frame(SAID)), "log must be of the type OrderLog (got int)."),
    ],
)  # fmt: skip
def test_what_makes_no_sense_gets_one_sentence(call, sentence):
    with pytest.raises(rc.RetentionError) as caught:
        call()
    assert str(caught.value) == sentence


SEEDS = range(1, 201)
WINDOW = 92


def of_adoption(shop: KnownVoice) -> Difference:
    return kept_by_adoption(
        shop.said, shop.order_days, WINDOW, DECIDED_WITHIN, dated=True, until=AS_OF, confidence=0.95
    )


def of_opinion(shop: KnownVoice) -> Difference:
    return kept_by_score(shop.said, shop.order_days, WINDOW, AS_OF, 0.95)[1]


def holds(intervals: list[tuple[float, float]], truth: float) -> bool:
    """Whether as many intervals hold the truth as 95 % ones do, but for one chance in a thousand."""
    held = sum(low <= truth <= high for low, high in intervals)
    fewest, most = binom.ppf((0.0005, 0.9995), len(intervals), 0.95)
    return fewest <= held <= most


def limits(differences: list[Difference]) -> list[tuple[float, float]]:
    return [(one.low, one.high) for one in differences]


def test_the_short_way_of_the_simulations_is_that_of_the_voice():
    shop = known_voice(200)
    found = voice_of(shop.log, shop.feedback_log, as_of=AS_OF, window=WINDOW, decide_days=DECIDED_WITHIN)
    assert found.adoption == of_adoption(shop)
    assert found.score_difference == of_opinion(shop)
    assert found.nps == nps(shop.said["score"].dropna())
    counted = (found.answered.part, found.answered.of)
    assert counted == (shop.said["score"].notna().sum(), len(shop.said))


def test_intervals_hold_the_truth_where_nothing_has_an_effect():
    shops = [known_voice(300, seed) for seed in SEEDS]
    scores = [nps(shop.said["score"].dropna()) for shop in shops]
    assert holds([(one.low, one.high) for one in scores], true_points())
    assert holds(limits([of_adoption(shop) for shop in shops]), 0)
    assert holds(limits([of_opinion(shop) for shop in shops]), 0)


def test_intervals_hold_the_effect_of_an_adoption_of_known_size_and_not_zero():
    found = [of_adoption(known_voice(300, seed, Effects(adoption=3.0))) for seed in SEEDS]
    assert holds(limits(found), true_orders_again(WINDOW, 3.0) - true_orders_again(WINDOW))
    assert not holds(limits(found), 0)


def test_intervals_hold_the_effect_of_an_opinion_of_known_size_and_not_zero():
    found = [of_opinion(known_voice(300, seed, Effects(opinion=2.0))) for seed in SEEDS]
    assert holds(limits(found), true_orders_again(WINDOW, 2.0) - true_orders_again(WINDOW, 0.5))
    assert not holds(limits(found), 0)


def test_an_adoption_noted_at_the_next_order_is_no_retention():
    """Immortal time: who has to order to be noted looks kept, unless the window begins after the noting."""
    shops = [known_voice(300, seed, Effects(alike=True)) for seed in range(1, 6)]
    found = {
        dated: [
            voice_of(
                shop.log,
                shop.feedback_noted_at_orders(dated),
                as_of=AS_OF,
                window=WINDOW,
                decide_days=DECIDED_WITHIN if dated else 0,
            ).adoption
            for shop in shops
        ]
        for dated in (False, True)
    }
    assert all(one.other.kept == 0 and one.difference > 0.5 for one in found[False])
    assert holds(limits(found[True]), 0)


def test_what_is_no_feedback_contact_log_or_period_gets_a_sentence():
    feedback = FeedbackLog.from_frame(pd.DataFrame({"customer": ["Ann"], "score": [9]}))
    for terms in ({"feedback": None}, {"contacts": 3}, {"period": [1]}):
        with pytest.raises(rc.RetentionError, match=f"{next(iter(terms))} must be"):
            voice_of(None, **({"feedback": feedback} | terms))


def test_scores_spelt_out_do_not_move_the_header(tmp_path):
    path = tmp_path / "feedback.csv"
    path.write_text("customer,score\nC0,eleven\nC1,12\nC2,9\n")
    log = FeedbackLog.from_file(path)
    assert (log.rows, log.rows_used, log.lines["customer"].tolist()) == (3, 1, ["c2"])
