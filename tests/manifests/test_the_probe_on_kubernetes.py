"""The CronJob that tries the platform each minute."""

import pytest
from opdrachtctl.probe_settings import ProbeSettings
from support.rendered import PUBLISHED, of_kind, template

OF_THE_SECRET = {"PROBE_CLIENT_SECRET": "secret", "PROBE_MAILBOX_PASSWORD": "secret"}
AROUND_SECONDS = 50  # of requests that are not answered, before and after what is waited for


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_it_runs_each_minute_once_at_a_time_and_ends_before_the_next_but_one(overlay: str) -> None:
    (job,) = of_kind(overlay, "CronJob")
    assert (job["metadata"]["name"], job["spec"]["schedule"]) == ("probe", "* * * * *")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    made = job["spec"]["jobTemplate"]["spec"]
    assert made["backoffLimit"] == 0
    patience = ProbeSettings.model_fields["probe_patience_seconds"].default
    assert patience + AROUND_SECONDS <= made["activeDeadlineSeconds"] < 120
    (container,) = template(job)["spec"]["containers"]
    for kind in ("requests", "limits"):
        assert {"memory", "ephemeral-storage"} <= container["resources"][kind].keys()


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_with_the_settings_that_are_given_it_starts_and_speaks_tls_to_what_is_outside(overlay: str) -> None:
    (job,) = of_kind(overlay, "CronJob")
    (settings,) = [one["data"] for one in of_kind(overlay, "ConfigMap") if "AUTH_ISSUER" in one["data"]]
    (container,) = template(job)["spec"]["containers"]
    names = [next(iter(one.values()))["name"].partition("-")[0] for one in container["envFrom"]]
    assert names == ["settings", "probe"]
    given = {name.lower(): value for name, value in {**settings, **OF_THE_SECRET}.items()}
    read = ProbeSettings(**{name: given[name] for name in given.keys() & ProbeSettings.model_fields.keys()})
    assert (read.probe_token, read.allow_insecure) == (None, False)
    assert read.probe_mailbox.startswith("imaps://")


def test_the_walk_without_a_mailbox_has_none() -> None:
    assert of_kind("minimal", "CronJob") == []
