"""Set-up of the whole suite."""

from hypothesis import HealthCheck, settings

collect_ignore = ["hostile/fuzz.py"]  # atheris is in requirements/fuzz.txt, for make fuzz alone
pytest_plugins = ("pytester", "tests.needs")

# Machines differ in speed and tests must not: no deadline, and the same examples on every run.
settings.register_profile(
    "elfkit", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("elfkit")
