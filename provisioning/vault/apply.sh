#!/bin/sh
# Sets up a Vault for faas-nomad: a KV engine, two policies, an AppRole for faas-nomad, a role for
# its own workload identity and one for function tasks. A second run changes nothing. Needs the vault CLI, VAULT_ADDR, and a
# VAULT_TOKEN that may do all this.
#
#   provisioning/vault/apply.sh
#
#   MOUNT=secret          the KV engine, FOLDER=openfaas the folder in it
#   KV_VERSION=2          its version, when it is made here
#   NOMAD_JWKS_URL=       e.g. https://nomad:4646/.well-known/jwks.json; without it tasks get no role
#   NOMAD_CA_FILE=        CA certificate of that address
#   JOB_PREFIX=openfaas-  the setting job_name_prefix
#   OWN_JOB=faas-nomad    faas-nomad's own job, OWN_NAMESPACE=default where it runs
set -eu
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
: "${MOUNT:=secret}" "${FOLDER:=openfaas}" "${KV_VERSION:=2}" "${NOMAD_JWKS_URL:=}"
: "${NOMAD_CA_FILE:=}" "${JOB_PREFIX:=openfaas-}" "${OWN_JOB:=faas-nomad}"
: "${OWN_NAMESPACE:=default}"

has() { vault "$1" list -format=json | grep -q "\"$2/\""; }

policy() { sed "s|MOUNT|$MOUNT|g; s|FOLDER|$FOLDER|g" "$folder/$1.policy.hcl" | vault policy write "$1" -; }

has secrets "$MOUNT" || vault secrets enable -path="$MOUNT" -version="$KV_VERSION" kv
policy faas-nomad
policy openfaas

has auth approle || vault auth enable approle
vault write auth/approle/role/faas-nomad \
  token_policies=faas-nomad token_no_default_policy=true token_type=service \
  token_period=24h secret_id_num_uses=0 secret_id_ttl=0

[ -n "$NOMAD_JWKS_URL" ] || exit 0
has auth jwt-nomad || vault auth enable -path=jwt-nomad jwt
if [ -n "$NOMAD_CA_FILE" ]; then
  set -- jwks_ca_pem=@"$NOMAD_CA_FILE"
fi
vault write auth/jwt-nomad/config "$@" \
  jwks_url="$NOMAD_JWKS_URL" jwt_supported_algs=RS256,EdDSA default_role=openfaas
vault write auth/jwt-nomad/role/openfaas - <<EOF
{
  "role_type": "jwt",
  "bound_audiences": ["vault.io"],
  "bound_claims_type": "glob",
  "bound_claims": {"nomad_job_id": "$JOB_PREFIX*"},
  "user_claim": "/nomad_job_id",
  "user_claim_json_pointer": true,
  "claim_mappings": {
    "nomad_namespace": "nomad_namespace",
    "nomad_job_id": "nomad_job_id",
    "nomad_task": "nomad_task"
  },
  "token_type": "service",
  "token_policies": ["openfaas"],
  "token_period": "30m",
  "token_explicit_max_ttl": 0
}
EOF

vault write auth/jwt-nomad/role/faas-nomad - <<EOF
{
  "role_type": "jwt",
  "bound_audiences": ["vault.io"],
  "bound_claims": {"nomad_job_id": "$OWN_JOB", "nomad_namespace": "$OWN_NAMESPACE"},
  "user_claim": "/nomad_job_id",
  "user_claim_json_pointer": true,
  "token_type": "service",
  "token_policies": ["faas-nomad"],
  "token_no_default_policy": true,
  "token_period": "24h",
  "token_explicit_max_ttl": 0
}
EOF
