#!/bin/sh
# Gives the faas-nomad job its rights: an ACL policy bound to its workload identity.
# A second run changes nothing. Needs the nomad CLI, NOMAD_ADDR, and a management NOMAD_TOKEN.
#
#   provisioning/nomad/apply.sh [NAMESPACE [JOB]]     where faas-nomad's own job runs
set -eu
namespace=${1:-default}
job=${2:-faas-nomad}
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

nomad acl policy apply \
  -namespace "$namespace" -job "$job" \
  -description "faas-nomad: functions as jobs" \
  "$job" "$folder/faas-nomad.policy.hcl"
