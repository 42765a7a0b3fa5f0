"""Buy till you die: who will still order, how often and for how much, from orders alone."""
