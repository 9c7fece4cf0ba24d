#!/bin/sh
# Sets up a Consul with ACLs for faas-nomad: its policy, one for Nomad's agents, and for functions
# the way from a workload identity (Nomad 1.7 and later; from 1.10 the only one) to a token that can
# register that function's service and nothing else. A second run changes nothing. Needs the consul
# CLI, CONSUL_HTTP_ADDR, and a CONSUL_HTTP_TOKEN that may do all this.
#
#   provisioning/consul/apply.sh
#   consul acl token create -policy-name faas-nomad       a token for faas-nomad, where it is no job
#   consul acl token create -policy-name nomad-agent      for the `consul` block of Nomad's agents
#
#   NOMAD_JWKS_URL=             e.g. https://nomad:4646/.well-known/jwks.json; without it no identities
#   NOMAD_CA_FILE=              CA certificate of that address
#   AUTH_METHOD=nomad-workloads the agents' setting service_auth_method
#   JOB_PREFIX=openfaas-        the setting job_name_prefix
#   PROVIDER_JOB=faas-nomad     faas-nomad's own job, and the name of its policy
#   CONNECT_SERVICE=            the setting consul_connect_service, where functions are in the
#                               service mesh; makes the policy PROVIDER_JOB-mesh
set -eu
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
: "${NOMAD_JWKS_URL:=}" "${NOMAD_CA_FILE:=}" "${AUTH_METHOD:=nomad-workloads}"
: "${JOB_PREFIX:=openfaas-}" "${PROVIDER_JOB:=faas-nomad}" "${CONNECT_SERVICE:=}"

policy() { # NAME FILE
  rules=$(sed "s|PREFIX|$JOB_PREFIX|g; s|SERVICE|$CONNECT_SERVICE|g" "$folder/$2")
  if consul acl policy read -name "$1" >/dev/null 2>&1; then
    consul acl policy update -no-merge -name "$1" -rules "$rules"
  else
    consul acl policy create -name "$1" -rules "$rules"
  fi
}

has_rule() { # DESCRIPTION
  consul acl binding-rule list -method "$AUTH_METHOD" -format=json | grep -qF "\"Description\": \"$1\""
}

policy "$PROVIDER_JOB" faas-nomad.policy.hcl
policy nomad-agent nomad-agent.policy.hcl
policy "$PROVIDER_JOB-nothing" nothing.policy.hcl
[ -z "$CONNECT_SERVICE" ] || policy "$PROVIDER_JOB-mesh" faas-nomad-mesh.policy.hcl

[ -n "$NOMAD_JWKS_URL" ] || exit 0
ca=
if [ -n "$NOMAD_CA_FILE" ]; then
  ca="\"JWKSCACert\": \"$(awk '{printf "%s\\n", $0}' "$NOMAD_CA_FILE")\","
fi
# The claim mappings are those of `nomad setup consul`: where it has been run, this is left alone.
if ! consul acl auth-method read -name "$AUTH_METHOD" >/dev/null 2>&1; then
  consul acl auth-method create -name "$AUTH_METHOD" -type jwt \
    -description "Workload identities of Nomad's jobs" -config - <<EOF
{
  "JWKSURL": "$NOMAD_JWKS_URL",
  $ca
  "JWTSupportedAlgs": ["RS256"],
  "BoundAudiences": ["consul.io"],
  "ClaimMappings": {
    "nomad_namespace": "nomad_namespace",
    "nomad_job_id": "nomad_job_id",
    "nomad_task": "nomad_task",
    "nomad_service": "nomad_service"
  }
}
EOF
fi

# The selector compares with the prefix as a regular expression; it holds letters, digits, dashes.
functions="faas-nomad: services of $JOB_PREFIX functions"
has_rule "$functions" || consul acl binding-rule create -method "$AUTH_METHOD" \
  -description "$functions" -bind-type service -bind-name '${value.nomad_service}' \
  -selector "\"nomad_service\" in value and value.nomad_job_id matches \"^$JOB_PREFIX\""

tasks="faas-nomad: tasks of $JOB_PREFIX functions"
has_rule "$tasks" || consul acl binding-rule create -method "$AUTH_METHOD" \
  -description "$tasks" -bind-type policy -bind-name "$PROVIDER_JOB-nothing" \
  -selector "\"nomad_service\" not in value and value.nomad_job_id matches \"^$JOB_PREFIX\""

provider="faas-nomad: the job $PROVIDER_JOB itself"
has_rule "$provider" || consul acl binding-rule create -method "$AUTH_METHOD" \
  -description "$provider" -bind-type policy -bind-name "$PROVIDER_JOB" \
  -selector "\"nomad_service\" not in value and value.nomad_job_id == \"$PROVIDER_JOB\""

member="faas-nomad: the job $PROVIDER_JOB in the service mesh"
[ -z "$CONNECT_SERVICE" ] || has_rule "$member" || consul acl binding-rule create \
  -method "$AUTH_METHOD" -description "$member" -bind-type policy \
  -bind-name "$PROVIDER_JOB-mesh" \
  -selector "\"nomad_service\" not in value and value.nomad_job_id == \"$PROVIDER_JOB\""
