"""Reports: every question of the package asked of one table at once, to read or as JSON."""

from retention_core.report.log_report import SECTIONS, Report, report_on
from retention_core.report.subscription_report import SubscriptionReport, report_on_subscriptions
from retention_core.report.worth_terms import WorthTerms
from retention_core.report.yearly import YearlyRate, yearly_rate

__all__ = [
    "SECTIONS",
    "Report",
    "SubscriptionReport",
    "WorthTerms",
    "YearlyRate",
    "report_on",
    "report_on_subscriptions",
    "yearly_rate",
]
