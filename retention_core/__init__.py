"""Customer retention: how many stay, is that normal, and who matters.

Everything public is here: `import retention_core as rc; rc.retention_rate(100, 110, 20)`.
Names are looked up when first used, so that the plain rates load without pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retention_core.alerts import (
        Alert,
        JudgedAlert,
        alert_figures,
        read_alert,
    )
    from retention_core.benchmarks import (
        Benchmark,
        Benchmarks,
        Claim,
        Comparison,
        benchmark,
        claims,
        compare,
        convert_benchmark,
        convert_figure,
        load_benchmarks,
    )
    from retention_core.btyd.bg_nbd import (
        BGNBD,
        fit_bg_nbd,
    )
    from retention_core.btyd.clv import (
        LifetimeValues,
        lifetime_values,
    )
    from retention_core.btyd.estimates import (
        ModelError,
    )
    from retention_core.btyd.gamma_gamma import (
        GammaGamma,
        fit_gamma_gamma,
    )
    from retention_core.btyd.holdout import (
        Holdout,
        validate_forecast,
    )
    from retention_core.btyd.mbg_nbd import (
        MBGNBD,
        fit_mbg_nbd,
    )
    from retention_core.btyd.pareto_nbd import (
        ParetoNBD,
        fit_pareto_nbd,
    )
    from retention_core.btyd.purchases import (
        PurchaseHistory,
        purchases_of,
    )
    from retention_core.changes import (
        Change,
        Changes,
        changes_between,
    )
    from retention_core.cohort_survivors import (
        inactivity_rule,
        life_table,
        survivors_of,
    )
    from retention_core.cohorts import (
        Cohorts,
        cohorts_of,
    )
    from retention_core.columns import (
        Columns,
        guess_columns,
    )
    from retention_core.concentration import (
        Concentration,
        Estimate,
        concentrate,
        concentration_by,
        concentration_of,
    )
    from retention_core.contact_log import (
        ContactLog,
    )
    from retention_core.differences import (
        Difference,
        GroupMean,
        GroupShare,
        Share,
    )
    from retention_core.drivers import (
        DriverError,
        Drivers,
        GroupRate,
        compare_groups,
        retention_drivers,
    )
    from retention_core.due import (
        due_of,
    )
    from retention_core.due_tables import (
        DueList,
        DueRules,
        due_of_purchases,
    )
    from retention_core.economics import (
        FivePoints,
        SimulatedWorth,
        five_points,
        simulated_worth,
    )
    from retention_core.errors import (
        BenchmarkError,
        ColumnError,
        FileError,
        OrderLogError,
        RateError,
        RetentionError,
        SubscriptionError,
    )
    from retention_core.feedback_log import (
        FeedbackLog,
    )
    from retention_core.files import (
        peek,
        read_table,
        sheet_names,
    )
    from retention_core.fingerprints import (
        fingerprint_of,
    )
    from retention_core.focus import (
        focus_of,
    )
    from retention_core.focus_rules import (
        focus_of_purchases,
    )
    from retention_core.focus_tables import (
        FocusList,
    )
    from retention_core.focus_values import (
        Action,
    )
    from retention_core.hazards import (
        Effect,
        HazardModel,
        hazard_model,
    )
    from retention_core.history import (
        History,
    )
    from retention_core.invoices import (
        Invoices,
    )
    from retention_core.keeping_costs import (
        KeepingAgainstWinning,
        Spending,
        keeping_against_winning,
    )
    from retention_core.key_customers import (
        GroupTotal,
        KeyCustomers,
        key_customers_of,
        key_customers_of_columns,
    )
    from retention_core.key_overdue import (
        OverdueKeys,
        overdue_keys,
    )
    from retention_core.log_lifetimes import (
        Lifetimes,
        lifetimes_of,
    )
    from retention_core.measured import (
        Measured,
    )
    from retention_core.movements import (
        Period,
    )
    from retention_core.net_promoter import (
        NetPromoterScore,
        nps,
        nps_of_counts,
    )
    from retention_core.orders import (
        OrderLog,
    )
    from retention_core.overtaking import (
        Overtaken,
        overtaken,
    )
    from retention_core.own_figures import (
        OwnFigures,
        figures_of,
    )
    from retention_core.periods import (
        PeriodTable,
        period_between,
        period_retention,
    )
    from retention_core.point_worth import (
        WorthCurve,
        WorthOfPoints,
        worth_curve,
    )
    from retention_core.popular_claims import (
        AnsweredClaim,
        AnsweredClaims,
        OwnAnswer,
        claims_answered,
    )
    from retention_core.projection import (
        Lifetime,
        ModelComparison,
        Projection,
        ProjectionError,
        RetentionModel,
        compare_models,
        fit_bdw,
        fit_sbg,
        sbg_curve,
    )
    from retention_core.rates import (
        Interval,
        churn_rate,
        convert_rate,
        customer_lifetime,
        gross_revenue_retention,
        net_revenue_retention,
        rate_interval,
        retention_rate,
    )
    from retention_core.referral_log import (
        ReferralLog,
    )
    from retention_core.referral_tables import (
        ReferralPeriod,
        Referrals,
        Referrer,
    )
    from retention_core.referrals import (
        referrals_of,
    )
    from retention_core.repeats import (
        repeat_rate,
    )
    from retention_core.report import (
        Report,
        SubscriptionReport,
        WorthTerms,
        YearlyRate,
        report_on,
        report_on_subscriptions,
        yearly_rate,
    )
    from retention_core.revenue import (
        RevenuePeriod,
        RevenueRetention,
        RevenueTable,
        revenue_movements,
        revenue_movements_by,
        revenue_retention,
        revenue_retention_by,
    )
    from retention_core.revenue_sums import (
        Movements,
    )
    from retention_core.rfm import (
        Rfm,
        RfmMigration,
        rfm_migration,
        rfm_of,
    )
    from retention_core.rfm_scores import (
        SEGMENTS,
        Borders,
    )
    from retention_core.rhythm import (
        Expectation,
        Rhythm,
        fit_rhythm,
    )
    from retention_core.samples import (
        Sample,
        SubscriptionSample,
        VoiceSample,
        all_samples,
        cdnow_tenth,
        gift_shop_truth,
        sample,
        subscription_sample,
        subscription_truth,
        voice_sample,
        voice_truth,
    )
    from retention_core.scenarios import (
        Course,
        Plan,
        WhatIf,
        uncounted_at,
        what_if,
    )
    from retention_core.snapshots import (
        HistoryError,
        KeptFigure,
        Snapshot,
    )
    from retention_core.solvency import (
        SolvencyLimits,
        SolvencyTable,
    )
    from retention_core.stage_moves import (
        Move,
        StageTime,
        StageTransitions,
        stage_transitions,
    )
    from retention_core.stage_tables import (
        Prospect,
        StageTable,
        Thresholds,
        stages_of_purchases,
    )
    from retention_core.stages import (
        rhythm_of,
        stages_of,
    )
    from retention_core.subscription_lifetimes import (
        SubscriptionLifetimes,
        lifetimes_of_subscriptions,
    )
    from retention_core.subscriptions import (
        Subscriptions,
    )
    from retention_core.survival import (
        Duration,
        Figure,
        LogRank,
        SurvivalCurve,
        SurvivalError,
        log_rank,
        survival_by,
        survival_curve,
    )
    from retention_core.tenure_spend import (
        spend_by_tenure,
    )
    from retention_core.tenure_tables import (
        TenureReading,
        TenureSpend,
        TenureWindow,
    )
    from retention_core.voice import (
        voice_of,
    )
    from retention_core.voice_tables import (
        Detractor,
        ScorePeriod,
        Voice,
    )
    from retention_core.watch import (
        Watch,
        WatchedReport,
        keep_and_compare,
    )
    from retention_core.worth import (
        WorthError,
        break_even_once,
        break_even_spend,
        customer_worth,
        retention_worth,
    )

__all__ = [
    "BGNBD",
    "MBGNBD",
    "SEGMENTS",
    "Action",
    "Alert",
    "AnsweredClaim",
    "AnsweredClaims",
    "Benchmark",
    "BenchmarkError",
    "Benchmarks",
    "Borders",
    "Change",
    "Changes",
    "Claim",
    "Cohorts",
    "ColumnError",
    "Columns",
    "Comparison",
    "Concentration",
    "ContactLog",
    "Course",
    "Detractor",
    "Difference",
    "DriverError",
    "Drivers",
    "DueList",
    "DueRules",
    "Duration",
    "Effect",
    "Estimate",
    "Expectation",
    "FeedbackLog",
    "Figure",
    "FileError",
    "FivePoints",
    "FocusList",
    "GammaGamma",
    "GroupMean",
    "GroupRate",
    "GroupShare",
    "GroupTotal",
    "HazardModel",
    "History",
    "HistoryError",
    "Holdout",
    "Interval",
    "Invoices",
    "JudgedAlert",
    "KeepingAgainstWinning",
    "KeptFigure",
    "KeyCustomers",
    "Lifetime",
    "LifetimeValues",
    "Lifetimes",
    "LogRank",
    "Measured",
    "ModelComparison",
    "ModelError",
    "Move",
    "Movements",
    "NetPromoterScore",
    "OrderLog",
    "OrderLogError",
    "OverdueKeys",
    "Overtaken",
    "OwnAnswer",
    "OwnFigures",
    "ParetoNBD",
    "Period",
    "PeriodTable",
    "Plan",
    "Projection",
    "ProjectionError",
    "Prospect",
    "PurchaseHistory",
    "RateError",
    "ReferralLog",
    "ReferralPeriod",
    "Referrals",
    "Referrer",
    "Report",
    "RetentionError",
    "RetentionModel",
    "RevenuePeriod",
    "RevenueRetention",
    "RevenueTable",
    "Rfm",
    "RfmMigration",
    "Rhythm",
    "Sample",
    "ScorePeriod",
    "Share",
    "SimulatedWorth",
    "Snapshot",
    "SolvencyLimits",
    "SolvencyTable",
    "Spending",
    "StageTable",
    "StageTime",
    "StageTransitions",
    "SubscriptionError",
    "SubscriptionLifetimes",
    "SubscriptionReport",
    "SubscriptionSample",
    "Subscriptions",
    "SurvivalCurve",
    "SurvivalError",
    "TenureReading",
    "TenureSpend",
    "TenureWindow",
    "Thresholds",
    "Voice",
    "VoiceSample",
    "Watch",
    "WatchedReport",
    "WhatIf",
    "WorthCurve",
    "WorthError",
    "WorthOfPoints",
    "WorthTerms",
    "YearlyRate",
    "alert_figures",
    "all_samples",
    "benchmark",
    "break_even_once",
    "break_even_spend",
    "cdnow_tenth",
    "changes_between",
    "churn_rate",
    "claims",
    "claims_answered",
    "cohorts_of",
    "compare",
    "compare_groups",
    "compare_models",
    "concentrate",
    "concentration_by",
    "concentration_of",
    "convert_benchmark",
    "convert_figure",
    "convert_rate",
    "customer_lifetime",
    "customer_worth",
    "due_of",
    "due_of_purchases",
    "figures_of",
    "fingerprint_of",
    "fit_bdw",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "fit_mbg_nbd",
    "fit_pareto_nbd",
    "fit_rhythm",
    "fit_sbg",
    "five_points",
    "focus_of",
    "focus_of_purchases",
    "gift_shop_truth",
    "gross_revenue_retention",
    "guess_columns",
    "hazard_model",
    "inactivity_rule",
    "keep_and_compare",
    "keeping_against_winning",
    "key_customers_of",
    "key_customers_of_columns",
    "life_table",
    "lifetime_values",
    "lifetimes_of",
    "lifetimes_of_subscriptions",
    "load_benchmarks",
    "log_rank",
    "net_revenue_retention",
    "nps",
    "nps_of_counts",
    "overdue_keys",
    "overtaken",
    "peek",
    "period_between",
    "period_retention",
    "purchases_of",
    "rate_interval",
    "read_alert",
    "read_table",
    "referrals_of",
    "repeat_rate",
    "report_on",
    "report_on_subscriptions",
    "retention_drivers",
    "retention_rate",
    "retention_worth",
    "revenue_movements",
    "revenue_movements_by",
    "revenue_retention",
    "revenue_retention_by",
    "rfm_migration",
    "rfm_of",
    "rhythm_of",
    "sample",
    "sbg_curve",
    "sheet_names",
    "simulated_worth",
    "spend_by_tenure",
    "stage_transitions",
    "stages_of",
    "stages_of_purchases",
    "subscription_sample",
    "subscription_truth",
    "survival_by",
    "survival_curve",
    "survivors_of",
    "uncounted_at",
    "validate_forecast",
    "voice_of",
    "voice_sample",
    "voice_truth",
    "what_if",
    "worth_curve",
    "yearly_rate",
]

__version__ = "0.1.0"

_HOMES = {
    "alerts": "Alert JudgedAlert alert_figures read_alert",
    "benchmarks": "Benchmark Benchmarks Claim Comparison benchmark claims compare convert_benchmark"
    " convert_figure load_benchmarks",
    "btyd.bg_nbd": "BGNBD fit_bg_nbd",
    "btyd.clv": "LifetimeValues lifetime_values",
    "btyd.estimates": "ModelError",
    "btyd.gamma_gamma": "GammaGamma fit_gamma_gamma",
    "btyd.holdout": "Holdout validate_forecast",
    "btyd.mbg_nbd": "MBGNBD fit_mbg_nbd",
    "btyd.pareto_nbd": "ParetoNBD fit_pareto_nbd",
    "btyd.purchases": "PurchaseHistory purchases_of",
    "changes": "Change Changes changes_between",
    "cohort_survivors": "inactivity_rule life_table survivors_of",
    "cohorts": "Cohorts cohorts_of",
    "columns": "Columns guess_columns",
    "concentration": "Concentration Estimate concentrate concentration_by concentration_of",
    "contact_log": "ContactLog",
    "differences": "Difference GroupMean GroupShare Share",
    "drivers": "DriverError Drivers GroupRate compare_groups retention_drivers",
    "due": "due_of",
    "due_tables": "DueList DueRules due_of_purchases",
    "economics": "FivePoints SimulatedWorth five_points simulated_worth",
    "errors": "BenchmarkError ColumnError FileError OrderLogError RateError RetentionError SubscriptionError",
    "feedback_log": "FeedbackLog",
    "files": "peek read_table sheet_names",
    "fingerprints": "fingerprint_of",
    "focus": "focus_of",
    "focus_rules": "focus_of_purchases",
    "focus_tables": "FocusList",
    "focus_values": "Action",
    "hazards": "Effect HazardModel hazard_model",
    "history": "History",
    "invoices": "Invoices",
    "keeping_costs": "KeepingAgainstWinning Spending keeping_against_winning",
    "key_customers": "GroupTotal KeyCustomers key_customers_of key_customers_of_columns",
    "key_overdue": "OverdueKeys overdue_keys",
    "log_lifetimes": "Lifetimes lifetimes_of",
    "measured": "Measured",
    "movements": "Period",
    "net_promoter": "NetPromoterScore nps nps_of_counts",
    "orders": "OrderLog",
    "overtaking": "Overtaken overtaken",
    "own_figures": "OwnFigures figures_of",
    "periods": "PeriodTable period_between period_retention",
    "point_worth": "WorthCurve WorthOfPoints worth_curve",
    "popular_claims": "AnsweredClaim AnsweredClaims OwnAnswer claims_answered",
    "projection": "Lifetime ModelComparison Projection ProjectionError RetentionModel compare_models fit_bdw"
    " fit_sbg sbg_curve",
    "rates": "Interval churn_rate convert_rate customer_lifetime gross_revenue_retention"
    " net_revenue_retention rate_interval retention_rate",
    "referral_log": "ReferralLog",
    "referral_tables": "ReferralPeriod Referrals Referrer",
    "referrals": "referrals_of",
    "repeats": "repeat_rate",
    "report": "Report SubscriptionReport WorthTerms YearlyRate report_on report_on_subscriptions yearly_rate",
    "revenue": "RevenuePeriod RevenueRetention RevenueTable revenue_movements revenue_movements_by"
    " revenue_retention revenue_retention_by",
    "revenue_sums": "Movements",
    "rfm": "Rfm RfmMigration rfm_migration rfm_of",
    "rfm_scores": "Borders SEGMENTS",
    "rhythm": "Expectation Rhythm fit_rhythm",
    "samples": "Sample SubscriptionSample VoiceSample all_samples cdnow_tenth gift_shop_truth sample"
    " subscription_sample subscription_truth voice_sample voice_truth",
    "scenarios": "Course Plan WhatIf uncounted_at what_if",
    "snapshots": "HistoryError KeptFigure Snapshot",
    "solvency": "SolvencyLimits SolvencyTable",
    "stage_moves": "Move StageTime StageTransitions stage_transitions",
    "stage_tables": "Prospect StageTable Thresholds stages_of_purchases",
    "stages": "rhythm_of stages_of",
    "subscription_lifetimes": "SubscriptionLifetimes lifetimes_of_subscriptions",
    "subscriptions": "Subscriptions",
    "survival": "Duration Figure LogRank SurvivalCurve SurvivalError log_rank survival_by survival_curve",
    "tenure_spend": "spend_by_tenure",
    "tenure_tables": "TenureReading TenureSpend TenureWindow",
    "voice": "voice_of",
    "voice_tables": "Detractor ScorePeriod Voice",
    "watch": "Watch WatchedReport keep_and_compare",
    "worth": "WorthError break_even_once break_even_spend customer_worth retention_worth",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
