# What faas-nomad itself may do in Vault: keep function secrets, and look after its own token.
# MOUNT/FOLDER is the setting vault_secret_path_prefix; apply.sh fills it in. KV 1 uses the first
# rule, KV 2 the others.

path "MOUNT/FOLDER/*" {
  capabilities = ["create", "read", "update", "delete", "list"]
}
path "MOUNT/data/FOLDER/*" {
  capabilities = ["create", "read", "update"]
}
path "MOUNT/metadata/FOLDER/*" {
  capabilities = ["read", "delete", "list"]
}
path "MOUNT/FOLDER" {
  capabilities = ["list"]
}
path "MOUNT/metadata/FOLDER" {
  capabilities = ["list"]
}

path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
