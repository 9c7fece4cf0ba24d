"""The whole job."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.policy import DRIVER_NAMES
from faas_nomad.translate.regions import Regions
from support.deployments import OURS, annotated, deployment, group_of, job_of, policy

S = 1_000_000_000


def test_a_docker_function_is_the_job_that_is_known_to_run() -> None:
    fn = deployment(
        readOnlyRootFilesystem=True,
        limits={"cpu": "100m", "memory": "128Mi"},
        envVars={"user_text": "${HOME}"},
    )

    assert job_of(fn, policy(cpu_arch="amd64", mhz_per_core=2100)) == {
        "ID": "openfaas-figlet",
        "Name": "openfaas-figlet",
        "Namespace": "default",
        "Type": "service",
        "Priority": 50,
        "Datacenters": ["*"],
        "NodePool": "default",
        "Constraints": [{"LTarget": "${attr.cpu.arch}", "Operand": "=", "RTarget": "amd64"}],
        "Affinities": [],
        "Spreads": [],
        "UI": {
            "Description": r"OpenFaaS function figlet in openfaas-fn, image ghcr.io/x/figlet\:1",
            "Links": [],
        },
        "Meta": {
            "openfaas": "1",
            "openfaas.spec": (
                '{"service":"figlet","image":"ghcr.io/x/figlet:1","envProcess":"cat",'
                '"envVars":{"user_text":"\\u0024{HOME}"},'
                '"limits":{"memory":"128Mi","cpu":"100m"},"readOnlyRootFilesystem":true}'
            ),
            "openfaas.created": "1795225212000000000",
            "of_dollar": "$",
        },
        "TaskGroups": [
            {
                "Name": "fn",
                "Count": 1,
                "Scaling": {
                    "Enabled": False,
                    "Min": 0,
                    "Max": 20,
                    "Type": "horizontal",
                    "Policy": {},
                },
                "Networks": [{"DynamicPorts": [{"Label": "http", "To": 8080}]}],
                "Services": [
                    {
                        "Name": "openfaas-figlet",
                        "Provider": "nomad",
                        "PortLabel": "http",
                        "Tags": ["openfaas"],
                        "CanaryTags": ["openfaas", "canary"],
                        "Checks": [
                            {
                                "Name": "health",
                                "Type": "http",
                                "Path": "/_/health",
                                "Interval": 2 * S,
                                "Timeout": S,
                                "CheckRestart": {"Limit": 3, "Grace": 10 * S},
                            }
                        ],
                    }
                ],
                "Update": {
                    "MaxParallel": 1,
                    "HealthCheck": "checks",
                    "MinHealthyTime": S,
                    "HealthyDeadline": 120 * S,
                    "ProgressDeadline": 180 * S,
                    "Canary": 1,
                    "AutoPromote": True,
                    "AutoRevert": True,
                },
                "Migrate": {
                    "MaxParallel": 1,
                    "HealthCheck": "checks",
                    "MinHealthyTime": S,
                    "HealthyDeadline": 120 * S,
                },
                "RestartPolicy": {"Attempts": 3, "Interval": 60 * S, "Delay": S, "Mode": "fail"},
                "ReschedulePolicy": {
                    "Unlimited": True,
                    "Delay": 5 * S,
                    "DelayFunction": "exponential",
                    "MaxDelay": 300 * S,
                },
                "Disconnect": {
                    "LostAfter": 300 * S,
                    "Replace": True,
                    "Reconcile": "best_score",
                },
                "EphemeralDisk": {"SizeMB": 50},
                "ShutdownDelay": 5 * S,
                "Tasks": [
                    {
                        "Name": "fn",
                        "Driver": "docker",
                        "Config": {
                            "image": "ghcr.io/x/figlet:1",
                            "image_pull_timeout": "5m",
                            "force_pull": False,
                            "ports": ["http"],
                            "cap_drop": ["all"],
                            "pids_limit": 256,
                            "cpu_hard_limit": True,
                            "readonly_rootfs": True,
                            "mount": [
                                {
                                    "type": "tmpfs",
                                    "target": "/tmp",
                                    "tmpfs_options": {"size": 67108864},
                                }
                            ],
                            "labels": [
                                {
                                    "com.openfaas.function": "figlet",
                                    "com.openfaas.namespace": "openfaas-fn",
                                }
                            ],
                        },
                        "Env": {
                            "OPENFAAS_NAME": "figlet",
                            "OPENFAAS_NAMESPACE": "openfaas-fn",
                            "fprocess": "cat",
                            "port": "${NOMAD_PORT_http}",
                            "user_text": "${NOMAD_META_of_dollar}{HOME}",
                        },
                        "Artifacts": [],
                        "Templates": [],
                        "Resources": {"CPU": 210, "MemoryMB": 128},
                        "LogConfig": {"MaxFiles": 4, "MaxFileSizeMB": 10},
                        "KillSignal": "SIGTERM",
                        "KillTimeout": 30 * S,
                    }
                ],
            }
        ],
    }


def test_the_job_is_in_the_namespace_and_region_asked() -> None:
    job = job_from_deployment(
        deployment(namespace="dev"),
        policy(regions=Regions("eu")),
        nomad_namespace="dev",
        job_id="openfaas-figlet",
        count=0,
        created_ns=1,
    )

    assert (job["Namespace"], job["Region"]) == ("dev", "eu")
    assert job["TaskGroups"][0]["Count"] == 0


def test_another_provider_of_services_and_other_tags_are_the_policys() -> None:
    service = group_of(deployment(), policy(service_provider="consul", service_tags=("a", "b")))[
        "Services"
    ][0]

    assert service["Provider"] == "consul"
    assert service["Tags"] == ["a", "b"]
    assert service["CanaryTags"] == ["a", "b", "canary"]


def test_the_delay_of_a_stop_is_tuned_by_an_annotation() -> None:
    assert group_of(annotated(shutdown_delay="0"))["ShutdownDelay"] == 0


anything = st.dictionaries(
    st.sampled_from(
        [
            *("com.openfaas.scale.min", "com.openfaas.health.http.path", f"{OURS}affinity", "x"),
            *(f"{OURS}artifact", f"{OURS}update.canary", f"{OURS}java.args"),
            *(f"{OURS}docker.ulimit", f"{OURS}reschedule.attempts", f"{OURS}spread"),
        ]
    )
    | st.text(max_size=10),
    st.text(max_size=30),
    max_size=4,
)


@settings(max_examples=200)
@given(
    anything,
    anything,
    st.text(max_size=12),
    st.text(max_size=12),
    st.text(max_size=12),
    st.sampled_from(DRIVER_NAMES),
)
def test_any_input_gives_the_same_job_twice_or_is_refused(
    labels: dict[str, str],
    annotations: dict[str, str],
    image: str,
    constraint: str,
    quantity: str,
    driver: str,
) -> None:
    fn = deployment(
        labels=labels,
        annotations=annotations,
        image=image,
        constraints=[constraint] if constraint else [],
        limits={"memory": quantity, "cpu": quantity},
    )
    try:
        job = job_of(fn, policy(driver))
    except InvalidDeploymentError as err:
        said = str(err)
        assert said.isprintable()
        return
    assert json.loads(json.dumps(job)) == job_of(fn, policy(driver))
