"""Releases from a web site: good ones, and every way in which one can be bad."""

import dataclasses
import io
import time

import pytest

from faas_nomad.tools.catalog import Tool, Version
from faas_nomad.tools.errors import SettingError, ToolUnavailableError
from faas_nomad.tools.fetching import Patience
from faas_nomad.tools.obtaining import Site, from_release, obtain
from support.release_site import Page, Release, ReleaseSite, program_that_says, zip_of

TOOL = Tool("nomad", Version(1, 11, 1))
GOOD = zip_of({"LICENSE.txt": b"text", "nomad": program_that_says("Nomad v1.11.1")})
EVIL = zip_of({"nomad": program_that_says("Nomad v1.11.1") + b"echo evil >&2\n"})


@pytest.fixture
def release(releases_site: ReleaseSite) -> Release:
    return releases_site.publish("nomad", "1.11.1", GOOD)


def reason_of_failure(site: Site) -> str:
    """Return why the release was not taken, having checked that nothing was kept of it."""
    with pytest.raises(ToolUnavailableError) as error:
        obtain(TOOL, site, ways=[from_release])
    with pytest.raises(ToolUnavailableError):
        obtain(TOOL, site, ways=[])
    return error.value.reasons[2]


def test_a_published_release_is_fetched_once(
    site: Site, releases_site: ReleaseSite, release: Release
) -> None:
    program = obtain(TOOL, site, ways=[from_release])
    again = obtain(TOOL, site, ways=[from_release])

    assert program == again
    assert program.read_bytes() == program_that_says("Nomad v1.11.1")
    assert releases_site.asked == [release.sums, release.archive]


def test_a_download_shows_how_far_it_is(site: Site, release: Release, out: io.StringIO) -> None:
    obtain(TOOL, site, ways=[from_release])

    assert "downloading nomad 1.11.1 [########################] 100 %" in out.getvalue()


def test_an_archive_that_was_tampered_with_is_refused_with_both_sums(
    site: Site, releases_site: ReleaseSite, release: Release
) -> None:
    releases_site.pages[release.archive] = Page(EVIL)

    reason = reason_of_failure(site)

    assert f"{releases_site.url}{release.archive}: SHA-256 is " in reason
    assert reason.endswith(" was published")


def test_an_archive_that_ends_early_is_refused_with_its_sizes(
    site: Site, releases_site: ReleaseSite, release: Release
) -> None:
    releases_site.pages[release.archive] = Page(GOOD[:100], missing_bytes=len(GOOD) - 100)

    assert f"ended after 100 of {len(GOOD)} bytes" in reason_of_failure(site)


def test_a_published_archive_without_the_program_is_refused(
    site: Site, releases_site: ReleaseSite
) -> None:
    releases_site.publish("nomad", "1.11.1", zip_of({"../../nomad": b"x", "bin/nomad": b"x"}))

    assert "holds no file called nomad" in reason_of_failure(site)


def test_a_published_program_of_another_version_is_refused(
    site: Site, releases_site: ReleaseSite
) -> None:
    releases_site.publish("nomad", "1.11.1", zip_of({"nomad": program_that_says("Nomad v1.2.3")}))

    assert reason_of_failure(site) == "what came says it is 1.2.3, 1.11.1 was asked for"


def test_a_page_that_is_no_archive_is_refused(site: Site, releases_site: ReleaseSite) -> None:
    releases_site.publish("nomad", "1.11.1", b"<html>Log in to the guest network</html>")

    assert "is no good zip archive" in reason_of_failure(site)


def test_sums_that_are_a_log_in_page_are_refused(
    site: Site, releases_site: ReleaseSite, release: Release
) -> None:
    releases_site.pages[release.sums] = Page(b"<html>Log in to the guest network</html>")

    assert "the published sums have no SHA-256 for nomad_1.11.1" in reason_of_failure(site)


def test_sums_of_absurd_size_are_refused(
    site: Site, releases_site: ReleaseSite, release: Release
) -> None:
    releases_site.pages[release.sums] = Page(b"x" * 70_000)

    assert "is longer than 65536 bytes" in reason_of_failure(site)


def test_a_missing_release_is_told_with_the_servers_answer(site: Site) -> None:
    assert "nomad_1.11.1_SHA256SUMS answered 404" in reason_of_failure(site)


def test_a_redirect_is_followed(site: Site, releases_site: ReleaseSite, release: Release) -> None:
    releases_site.pages["/elsewhere"] = releases_site.pages[release.archive]
    releases_site.pages[release.archive] = Page(location="/elsewhere")

    assert obtain(TOOL, site, ways=[from_release]).is_file()


def test_a_site_that_does_not_answer_costs_no_more_than_the_patience_for_it(
    site: Site, releases_site: ReleaseSite
) -> None:
    environ = {**site.environ, "FAAS_NOMAD_RELEASES_URL": f"{releases_site.url}/silent"}
    started_s = time.monotonic()

    reason = reason_of_failure(
        dataclasses.replace(site, environ=environ, patience=Patience(answer_s=0.2, stall_s=0.4))
    )

    assert reason.endswith("_SHA256SUMS: no answer in 0.2 s")
    assert time.monotonic() - started_s < 3


def test_a_site_that_stops_in_the_middle_is_given_up(
    site: Site, releases_site: ReleaseSite, release: Release
) -> None:
    releases_site.pages[release.archive] = Page(GOOD[:100], missing_bytes=10, hangs=True)

    reason = reason_of_failure(
        dataclasses.replace(site, patience=Patience(answer_s=5.0, stall_s=0.2))
    )

    assert reason.endswith(f"{release.archive}: timed out")


def test_a_site_that_drips_is_given_up_when_the_time_for_the_whole_is_over(
    site: Site, release: Release
) -> None:
    reason = reason_of_failure(
        dataclasses.replace(site, patience=Patience(answer_s=5.0, stall_s=5.0, whole_s=0.0))
    )

    assert reason.endswith("bytes came in 0 s")


def test_an_unreachable_site_is_told_in_plain_words(site: Site) -> None:
    environ = {**site.environ, "FAAS_NOMAD_RELEASES_URL": "http://127.0.0.1:1"}

    reason = reason_of_failure(dataclasses.replace(site, environ=environ))

    assert reason.endswith("_SHA256SUMS: Connection refused")


def test_a_wrong_address_is_an_error_and_not_one_more_way_that_failed(site: Site) -> None:
    environ = {**site.environ, "FAAS_NOMAD_RELEASES_URL": "releases.example"}

    with pytest.raises(SettingError, match="expected an http:// or https:// address"):
        obtain(TOOL, dataclasses.replace(site, environ=environ))
