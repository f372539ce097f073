from armlet.runtime.sampling import BUDGET, Sampling


class FakeClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_first_sample_waits_until_it_is_affordable() -> None:
    clock = FakeClock()
    sampling = Sampling(clock, estimate=0.1)
    clock.now += 0.1 / BUDGET - 0.01
    assert not sampling.due
    clock.now += 0.02
    assert sampling.due


def test_samples_stay_within_the_budget_whatever_they_cost() -> None:
    clock = FakeClock()
    sampling = Sampling(clock, estimate=0.1)
    began, spent = clock.now, 0.0
    for number in range(100_000):
        clock.now += 0.003
        if sampling.due:
            cost = 0.05 + 0.001 * (number % 70)
            clock.now += cost
            spent += cost
            sampling.taken(cost)
    assert 0.8 * BUDGET < spent / (clock.now - began) < 1.1 * BUDGET
