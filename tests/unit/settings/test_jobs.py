import pytest

from faas_nomad.settings.page import specs


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("job_driver", "raw_exec"),
        ("job_name_prefix", "faas-fn-"),
        ("job_name_prefix", "OpenFaaS-"),
        ("job_datacenters", "dc1, eu-*"),
        ("job_network_mode", "cni/mine"),
        ("dns_servers", "1.1.1.1,::1"),
        ("cpu_arch_constraint", "amd64"),
        ("watchdog", "/usr/local/bin/of-watchdog"),
        ("watchdog", "https://example.com/of-watchdog?version=1"),
        ("watchdog_checksum", "sha256:" + "0" * 64),
        ("default_memory_mb", "10"),
    ],
)
def test_what_a_job_may_be_made_of_is_taken(name: str, text: str) -> None:
    specs()[name].kind.parse(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("job_driver", "rkt"),
        ("job_name_prefix", ""),  # would make every job of the namespace a function
        ("job_name_prefix", "-a"),
        ("job_name_prefix", "a.b"),
        ("job_datacenters", ""),
        ("job_datacenters", "dc1 dc2"),
        ("job_network_mode", "none"),
        ("dns_servers", "localhost"),
        ("watchdog", "of-watchdog"),
        ("watchdog", "file:///etc/passwd"),
        ("watchdog_checksum", "md5:0"),
        ("watchdog_checksum", "sha256:zz"),
        ("default_memory_mb", "9"),  # Nomad's own least
        ("job_max_count", "0"),
    ],
)
def test_what_no_job_can_be_made_of_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        specs()[name].kind.parse(text)
