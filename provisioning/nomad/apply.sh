#!/bin/sh
# Gives faas-nomad its rights in Nomad: the namespace of the functions, an ACL policy bound to the
# workload identity of its job, and a role for tokens where it is no job. A second run changes
# nothing. Needs the nomad CLI, NOMAD_ADDR (with TLS NOMAD_CACERT, NOMAD_CLIENT_CERT and
# NOMAD_CLIENT_KEY), and a management NOMAD_TOKEN.
#
#   provisioning/nomad/apply.sh [NAMESPACE [JOB]]     where faas-nomad's own job runs
#
#   FUNCTIONS=default     the functions' namespace, the setting nomad_namespace; made if there is none
#   JOB_PREFIX=openfaas-  the setting job_name_prefix
#   ROLE=                 e.g. faas-nomad: a role, for `nomad acl token create -role-name=faas-nomad`
set -eu
namespace=${1:-default}
job=${2:-faas-nomad}
: "${FUNCTIONS:=default}" "${JOB_PREFIX:=openfaas-}" "${ROLE:=}"
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if [ "$FUNCTIONS" != default ] && ! nomad namespace status "$FUNCTIONS" >/dev/null 2>&1; then
  nomad namespace apply -description "Functions of faas-nomad" "$FUNCTIONS"
fi

sed "s|^namespace \"default\"|namespace \"$FUNCTIONS\"|; s|openfaas-\*|$JOB_PREFIX*|" \
  "$folder/faas-nomad.policy.hcl" |
  nomad acl policy apply \
    -namespace "$namespace" -job "$job" \
    -description "faas-nomad: functions as jobs" \
    "$job" -

[ -n "$ROLE" ] || exit 0
nomad acl role list -json | grep -q "\"Name\": \"$ROLE\"" ||
  nomad acl role create -name "$ROLE" -policy "$job" -description "faas-nomad outside Nomad"
