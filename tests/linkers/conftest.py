"""What the tests of this folder share: the vendor's library is built, cut and rebuilt once in a run."""

import pytest

from tests.linkers.vendor import Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("vendor"))
