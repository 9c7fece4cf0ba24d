#!/bin/sh
# Makes a TLS authority and certificates for a lab: Nomad's servers, clients and command line,
# the proxy of ../nomad/jwks.haproxy.cfg, Consul, Vault, and what faas-nomad or its ingress shows to callers. A second run changes nothing;
# one that is made for other names, by another authority, or ends within RENEW_DAYS is made anew.
# Whoever has ca-key.pem can make more of them: keep it off the nodes, and use your own authority
# where you have one. Needs openssl 1.1.1 or later.
#
#   provisioning/tls/apply.sh FOLDER
#
#   REGION=global         Nomad's region; its agents know each other by server.REGION.nomad
#   DATACENTER=dc1        Consul's datacenter; its servers are server.DATACENTER.consul
#   NODES=                further names of the nodes, e.g. DNS:nomad.lan,IP:10.0.0.1,IP:10.0.0.2
#   PUBLIC=DNS:localhost,IP:127.0.0.1     what callers call faas-nomad
#   DAYS=365 RENEW_DAYS=30
set -eu
folder=${1:?usage: apply.sh FOLDER}
: "${REGION:=global}" "${DATACENTER:=dc1}" "${NODES:=}" "${PUBLIC:=DNS:localhost,IP:127.0.0.1}"
: "${DAYS:=365}" "${RENEW_DAYS:=30}"
umask 077
mkdir -p "$folder"
cd "$folder"
here="DNS:localhost,IP:127.0.0.1${NODES:+,$NODES}"

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

lasts() { openssl x509 -in "$1" -noout -checkend $((RENEW_DAYS * 86400)) >/dev/null; }

# An authority is never replaced by itself: every certificate would have to go with it.
if ! [ -e ca.pem ]; then
  key ca-key.pem
  openssl req -x509 -new -key ca-key.pem -sha256 -days $((DAYS * 5)) -out ca.pem \
    -subj "/CN=faas-nomad lab authority" \
    -addext "keyUsage=critical,keyCertSign,cRLSign"
fi
openssl x509 -in ca.pem -noout -checkend 0 >/dev/null || { echo "ca.pem has expired" >&2; exit 1; }

# The names are kept beside the certificate, as openssl prints them in another form.
fits() { # NAME NAMES
  [ -e "$1.pem" ] && [ -e "$1-key.pem" ] && [ "$(cat "$1.names" 2>/dev/null)" = "$2" ] &&
    lasts "$1.pem" && openssl verify -CAfile ca.pem "$1.pem" >/dev/null 2>&1
}

certificate() { # NAME NAMES
  ! fits "$1" "$2" || return 0
  [ -e "$1-key.pem" ] || key "$1-key.pem"
  cat >"$1.ext" <<END
subjectAltName = $2
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
END
  openssl req -new -key "$1-key.pem" -subj "/CN=$1" |
    openssl x509 -req -CA ca.pem -CAkey ca-key.pem -set_serial "0x00$(openssl rand -hex 16)" \
      -sha256 -days "$DAYS" -extfile "$1.ext" -out "$1.new" 2>/dev/null
  rm "$1.ext"
  chmod 644 "$1.new"
  mv "$1.new" "$1.pem"
  printf '%s\n' "$2" >"$1.names"
  echo "made $1.pem"
}

chmod 644 ca.pem
certificate nomad-server "DNS:server.$REGION.nomad,$here"
certificate nomad-client "DNS:client.$REGION.nomad,$here"
certificate nomad-cli "DNS:cli.$REGION.nomad"
certificate jwks "DNS:jwks,$here"
certificate consul "DNS:server.$DATACENTER.consul,$here"
certificate vault "DNS:vault,$here"
certificate faas-nomad "$PUBLIC"
