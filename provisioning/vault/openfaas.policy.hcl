# What function tasks may do in Vault: read function secrets. Their tokens render the templates
# that faas-nomad writes and are never given to the functions (the task's Vault block says so).

path "MOUNT/FOLDER/*" {
  capabilities = ["read"]
}
path "MOUNT/data/FOLDER/*" {
  capabilities = ["read"]
}
