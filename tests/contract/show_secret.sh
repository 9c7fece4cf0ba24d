# A function that answers with the secret whose name it is sent.
read -r name
exec cat "$OPENFAAS_SECRETS_PATH/$name"
