"""The repeat purchase rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import retention_core as rc


@given(st.lists(st.sampled_from("abcde"), min_size=1))
def test_it_is_the_share_of_customers_seen_twice(customers):
    twice = {customer for customer in customers if customers.count(customer) > 1}
    assert rc.repeat_rate(customers) == len(twice) / len(set(customers))


def test_nobody_at_all_is_an_error():
    with pytest.raises(rc.OrderLogError, match="customers names nobody"):
        rc.repeat_rate([None, " "])
