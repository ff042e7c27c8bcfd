#!/usr/bin/env bash
# A private OpenLDAP server on 127.0.0.1 for tests: no system service, everything below one directory.
#
#   slapd.sh start DIR PORT     (StartTLS on PORT, LDAPS on PORT+247, so 13389 gives 13636)
#   slapd.sh stop  DIR          (stops it, keeps the data; remove DIR to forget it)
#   slapd.sh install            (only makes sure that the packages are there; start does it too)
#
# Settings (environment):
#   USERS=1000 GROUP_COUNT=50 NESTED=1 SEED=1 REFERRAL=0   what generate-ldif.ts writes
#   BASE=dc=example,dc=test                          suffix
#   ADMIN_PASSWORD=admin-secret                      cn=admin,$BASE (rootdn: exempt from every limit)
#   SERVICE_PASSWORD=sync-secret                     cn=sync,ou=services,$BASE (obeys the limits)
#   SIZE_SOFT=500 SIZE_HARD=1000 SIZE_PAGE=1000      size limits for everybody but the rootdn
#   IDLE_TIMEOUT=0                                   seconds until an idle client is cut off (0: never)
#   SESSIONLOG=1000                                  deletes remembered by the sync provider (0: none)
#   ACCESSLOG=0                                      1: also keep a change log under cn=accesslog
#   TLS_PORT=PORT+247
#   NODE=node                                        Node 24 or later, for generate-ldif.ts
#   COPY_BINARY=auto                                 1: run a copy of slapd below DIR (auto: where an AppArmor
#                                                    profile, as on Ubuntu, keeps /usr/sbin/slapd out of DIR)
# After start, DIR/env holds URLs, bind names, the CA path and the pid, ready for `source`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
die() { echo "slapd.sh: $*" >&2; exit 1; }

need_packages() {
  PATH=$PATH:/usr/sbin
  if command -v slapd >/dev/null && command -v ldapwhoami >/dev/null && command -v openssl >/dev/null; then return; fi
  [ "$(id -u)" = 0 ] || die "slapd, ldap-utils and openssl are missing; run as root once to install them"
  # no_configuration: the package must neither create a database nor start a service
  echo "slapd slapd/no_configuration boolean true" | debconf-set-selections
  install_packages || { apt-get -o DPkg::Lock::Timeout=300 update >&2 && install_packages; } || die "could not install slapd"
}

install_packages() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    slapd ldap-utils openssl >&2
}

make_certs() { # DIR/tls: ca.pem, server.pem, server.key
  local tls=$1/tls
  [ -f "$tls/server.pem" ] && return
  mkdir -p "$tls"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -sha256 \
    -subj "/CN=Test bed CA" -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
    -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
  openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 3650 -sha256 \
    -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n') \
    -out "$tls/server.pem" 2>/dev/null
}

write_config() { # DIR BASE
  local dir=$1 base=$2
  {
    cat <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload syncprov
moduleload accesslog
pidfile $dir/slapd.pid
argsfile $dir/slapd.args
TLSCACertificateFile $dir/tls/ca.pem
TLSCertificateFile $dir/tls/server.pem
TLSCertificateKeyFile $dir/tls/server.key
TLSVerifyClient never
idletimeout ${IDLE_TIMEOUT:-0}
# the password itself is fine in a test bed; nothing here listens beyond 127.0.0.1
serverID 1
CONF
    if [ "${ACCESSLOG:-0}" = 1 ]; then
      cat <<CONF

database mdb
suffix cn=accesslog
directory $dir/log
maxsize 4294967296
rootdn cn=admin,$base
index default eq
index entryCSN,objectClass,reqStart,reqType,reqDN eq
access to * by dn.exact="cn=sync,ou=services,$base" read by * none
overlay syncprov
CONF
    fi
    cat <<CONF

database mdb
suffix "$base"
rootdn "cn=admin,$base"
rootpw ${ADMIN_PASSWORD:-admin-secret}
directory $dir/data
maxsize 8589934592
dbnosync
sizelimit size.soft=${SIZE_SOFT:-500} size.hard=${SIZE_HARD:-1000} size.pr=${SIZE_PAGE:-1000} size.prtotal=unlimited
timelimit 60
index objectClass,uid,cn,mail,member,memberOf,memberUid eq
index entryUUID,entryCSN eq
index modifyTimestamp eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=sync,ou=services,$base" read by users read by anonymous none
overlay memberof
memberof-refint true
overlay refint
refint_attributes member memberOf
refint_nothing "cn=admin,$base"
overlay syncprov
syncprov-checkpoint 100 1
CONF
    if [ "${SESSIONLOG:-1000}" != 0 ]; then echo "syncprov-sessionlog ${SESSIONLOG:-1000}"; fi
    if [ "${ACCESSLOG:-0}" = 1 ]; then
      printf 'overlay accesslog\nlogdb cn=accesslog\nlogops writes\nlogsuccess TRUE\n'
    fi
    printf '\ndatabase monitor\n'
  } >"$dir/slapd.conf"
}

binary() { # DIR: the slapd to run
  local found; found=$(PATH=$PATH:/usr/sbin command -v slapd)
  local copy=${COPY_BINARY:-auto}
  if [ "$copy" = auto ] && [ -e /etc/apparmor.d/usr.sbin.slapd ] && grep -qs Y /sys/module/apparmor/parameters/enabled; then copy=1; fi
  if [ "$copy" = 1 ]; then cp "$found" "$1/slapd"; echo "$1/slapd"; else echo "$found"; fi
}

alive() { [ -f "$1/slapd.pid" ] && kill -0 "$(cat "$1/slapd.pid")" 2>/dev/null; }

start() {
  local dir=$1 port=$2 base=${BASE:-dc=example,dc=test}
  mkdir -p "$dir"; dir=$(cd "$dir" && pwd)
  local tls_port=${TLS_PORT:-$((port + 247))}
  alive "$dir" && die "already running (pid $(cat "$dir/slapd.pid"))"
  need_packages
  make_certs "$dir"
  mkdir -p "$dir/data" "$dir/log"
  write_config "$dir" "$base"
  local slapd; slapd=$(binary "$dir")
  if [ ! -f "$dir/data/data.mdb" ]; then
    local flags=()
    [ "${NESTED:-1}" = 1 ] && flags+=(--nested)
    [ "${REFERRAL:-0}" = 1 ] && flags+=(--referral)
    "${NODE:-node}" "$here/generate-ldif.ts" --users "${USERS:-1000}" --groups "${GROUP_COUNT:-50}" --seed "${SEED:-1}" --base "$base" \
      --service-password "${SERVICE_PASSWORD:-sync-secret}" "${flags[@]}" --out "$dir/load.ldif"
    "$slapd" -T add -q -w -b "$base" -f "$dir/slapd.conf" -l "$dir/load.ldif" 2>"$dir/slapadd.log" ||
      { cat "$dir/slapadd.log" >&2; die "slapadd failed"; }
  fi
  # -d 0 keeps it in the foreground, so that its pid is ours to end
  "$slapd" -d "${DEBUG_LEVEL:-0}" -f "$dir/slapd.conf" -h "ldap://127.0.0.1:$port/ ldaps://127.0.0.1:$tls_port/" \
    </dev/null >"$dir/slapd.log" 2>&1 &
  local pid=$!
  for _ in $(seq 1 100); do
    if ldapwhoami -x -H "ldap://127.0.0.1:$port/" -D "cn=admin,$base" -w "${ADMIN_PASSWORD:-admin-secret}" >/dev/null 2>&1; then
      cat >"$dir/env" <<ENV
LDAP_URL=ldap://127.0.0.1:$port
LDAPS_URL=ldaps://127.0.0.1:$tls_port
LDAP_CA=$dir/tls/ca.pem
LDAP_BASE='$base'
LDAP_ADMIN_DN='cn=admin,$base'
LDAP_ADMIN_PASSWORD='${ADMIN_PASSWORD:-admin-secret}'
LDAP_SYNC_DN='cn=sync,ou=services,$base'
LDAP_SYNC_PASSWORD='${SERVICE_PASSWORD:-sync-secret}'
LDAP_PID=$pid
ENV
      echo "slapd (pid $pid): ldap://127.0.0.1:$port ldaps://127.0.0.1:$tls_port  base $base  (details: $dir/env)"
      return
    fi
    kill -0 "$pid" 2>/dev/null || { cat "$dir/slapd.log" >&2; die "slapd did not stay up"; }
    sleep 0.1
  done
  kill "$pid"
  die "no answer on port $port after 10 s (log: $dir/slapd.log)"
}

stop() {
  local dir; dir=$(cd "$1" && pwd)
  alive "$dir" || { echo "not running"; return; }
  local pid; pid=$(cat "$dir/slapd.pid")
  grep -q slapd "/proc/$pid/comm" || die "pid $pid is not a slapd"
  kill -INT "$pid"
  for _ in $(seq 1 100); do kill -0 "$pid" 2>/dev/null || { rm -f "$dir/slapd.pid"; return; }; sleep 0.1; done
  die "pid $pid did not end"
}

case "${1:-} $#" in
  "start 3") start "$2" "$3" ;;
  "stop 2") stop "$2" ;;
  "install 1") need_packages ;;
  *) awk 'NR > 1 { if (!/^#/) exit; print }' "$0" >&2; exit 2 ;;
esac
