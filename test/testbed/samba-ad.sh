#!/usr/bin/env bash
# A real Active Directory domain controller (Samba) for tests, on a loopback address of its own.
#
#   samba-ad.sh start DIR       (first start provisions and fills the domain: about 15 s for 2,000 users)
#   samba-ad.sh stop  DIR       (stops it, keeps the data; remove DIR to forget it)
#
# Samba's LDAP ports cannot be configured, so the server takes 389 and 636 (and 3268, 3269) of ADDRESS only:
# all of 127.0.0.0/8 is loopback on Linux, nothing is opened to the outside and 127.0.0.1 stays free.
# Root is needed (to install the packages, and for ports below 1024). Only the LDAP service runs: no Kerberos,
# no DNS, no file shares, no winbind.
#
# Settings (environment):
#   ADDRESS=127.0.0.55                    where it listens
#   REALM=AD.EXAMPLE.TEST                 domain; NetBIOS name ADTEST
#   USERS=2000 GROUP_COUNT=40 BIG=1700    what generate-ad-ldif.mjs writes
#   ADMIN_PASSWORD=Adm1n-Secret!          Administrator
#   SERVICE_PASSWORD=Svc-Secret-1!        svc-sync, an ordinary user to bind a sync client with
#   GRANT=0                               1: svc-sync may also replicate changes (DirSync without object security)
#                                            and list deleted objects
#   STRONG_AUTH=yes                       no: allow simple binds without TLS, like a lax domain
# After start, DIR/env holds URLs, bind names, the CA path and the pid, ready for `source`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
die() { echo "samba-ad.sh: $*" >&2; exit 1; }

need_packages() {
  if command -v samba >/dev/null && command -v ldbmodify >/dev/null && [ -d /usr/share/samba/setup/ad-schema ] &&
    command -v ldapsearch >/dev/null && command -v openssl >/dev/null; then return; fi
  # services must not start by themselves on installation; where a policy exists already it is left alone
  local policy=/usr/sbin/policy-rc.d mine=0
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; mine=1; fi
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules ldb-tools ldap-utils openssl >&2 || true
  if [ $mine = 1 ]; then rm -f $policy; fi
  command -v samba >/dev/null || die "could not install samba"
}

make_certs() { # DIR/tls: ca.pem, server.pem, server.key for ADDRESS, the host name and localhost
  local tls=$1/tls
  [ -f "$tls/server.pem" ] && return
  mkdir -p "$tls"; chmod 700 "$tls"
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -sha256 -subj "/CN=Test bed AD CA" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
  openssl req -newkey rsa:2048 -nodes -subj "/CN=dc1.$dns" -keyout "$tls/server.key" -out "$tls/server.csr" 2>/dev/null
  openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 3650 -sha256 \
    -extfile <(printf 'subjectAltName=DNS:dc1.%s,DNS:localhost,IP:%s\nextendedKeyUsage=serverAuth\n' "$dns" "$address") \
    -out "$tls/server.pem" 2>/dev/null
  chmod 600 "$tls"/*.key
}

provision() { # DIR
  local dir=$1
  rm -rf "$dir/dc"; mkdir -p "$dir/dc/run/ncalrpc"
  # a template of our own: otherwise the system's smb.conf, if there is one, is copied
  cat >"$dir/dc/template.conf" <<CONF
[global]
	interfaces = $address/8
	bind interfaces only = yes
	server services = ldap
	disable netbios = yes
	load printers = no
	tls cafile = $dir/tls/ca.pem
	tls certfile = $dir/tls/server.pem
	tls keyfile = $dir/tls/server.key
	log file = $dir/dc/log.%m
	log level = 1
	pid directory = $dir/dc/run
	ncalrpc dir = $dir/dc/run/ncalrpc
	winbindd socket directory = $dir/dc/run/winbindd
CONF
  samba-tool domain provision --configfile="$dir/dc/template.conf" --targetdir="$dir/dc" --realm="$realm" --domain=ADTEST \
    --server-role=dc --adminpass="$admin_password" --dns-backend=NONE --host-ip="$address" --host-name=dc1 \
    --backend-store=mdb --backend-store-size=4Gb >"$dir/provision.log" 2>&1 || { tail -5 "$dir/provision.log" >&2; die "provisioning failed"; }

  local conf=$dir/dc/etc/smb.conf sam=$dir/dc/private/sam.ldb
  "${NODE:-node}" "$here/generate-ad-ldif.mjs" --users "${USERS:-2000}" --groups "${GROUP_COUNT:-40}" --big "${BIG:-1700}" --base "$base" \
    --service-password "$service_password" --out "$dir/load.ldif"
  # straight into the database while nobody serves it: links, GUIDs, USNs and tombstones are made as usual
  ldbmodify --configfile="$conf" --nosync -H "$sam" "$dir/load.ldif" >"$dir/load.log" 2>&1 || { tail -5 "$dir/load.log" >&2; die "loading failed"; }

  local sid rid
  sid_of() { ldbsearch --configfile="$conf" -H "$sam" "(sAMAccountName=$1)" objectSid | sed -n 's/^objectSid: //p'; }
  sid=$(sid_of Primary-Only); rid=${sid##*-}
  ldbmodify --configfile="$conf" -H "$sam" >/dev/null <<LDIF
dn: $(ldbsearch --configfile="$conf" -H "$sam" "(sAMAccountName=u00002)" dn | sed -n 's/^dn: //p')
changetype: modify
replace: primaryGroupID
primaryGroupID: $rid
LDIF
  if [ "${GRANT:-0}" = 1 ]; then
    sid=$(sid_of svc-sync)
    # "Replicating Directory Changes" on the domain, list and read on the deleted objects' container
    samba-tool dsacl set --configfile="$conf" -H "$sam" --objectdn="$base" --action=allow \
      --sddl="(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;$sid)" >/dev/null
    /usr/bin/python3 - "$conf" "$sam" "CN=Deleted Objects,$base" "$sid" <<'PY'
import sys, ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.ndr import ndr_pack, ndr_unpack
from samba.dcerpc import security
conf, url, dn, sid = sys.argv[1:]
lp = LoadParm(); lp.load(conf)
db = SamDB(url=url, lp=lp, session_info=system_session(lp))
old = ndr_unpack(security.descriptor, db.search(dn, scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=["show_deleted:1"])[0]["nTSecurityDescriptor"][0])
add = security.descriptor.from_sddl("D:(A;CI;LCRPLORC;;;%s)" % sid, security.dom_sid(db.get_domain_sid()))
old.dacl_add(add.dacl.aces[0])
msg = ldb.Message(ldb.Dn(db, dn))
msg["nTSecurityDescriptor"] = ldb.MessageElement(ndr_pack(old), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
db.modify(msg, controls=["show_deleted:1"])
PY
  fi
  touch "$dir/dc/filled"
}

alive() { [ -f "$1/samba.pid" ] && kill -0 "$(cat "$1/samba.pid")" 2>/dev/null; }

start() {
  local dir=$1
  mkdir -p "$dir"; dir=$(cd "$dir" && pwd)
  address=${ADDRESS:-127.0.0.55} realm=${REALM:-AD.EXAMPLE.TEST}
  admin_password=${ADMIN_PASSWORD:-Adm1n-Secret!} service_password=${SERVICE_PASSWORD:-Svc-Secret-1!}
  dns=$(echo "$realm" | tr '[:upper:]' '[:lower:]')
  base="DC=${dns//./,DC=}"
  alive "$dir" && die "already running (pid $(cat "$dir/samba.pid"))"
  [ "$(id -u)" = 0 ] || die "needs root (Samba's LDAP port is fixed at 389)"
  need_packages
  make_certs "$dir"
  [ -f "$dir/dc/filled" ] || provision "$dir"
  # set on every start (provisioning does not carry it over)
  sed -i -e '/ldap server require strong auth/d' -e "s/^\[global\]/&\n\tldap server require strong auth = ${STRONG_AUTH:-yes}/" "$dir/dc/etc/smb.conf"
  samba --foreground --no-process-group --model=single --configfile="$dir/dc/etc/smb.conf" </dev/null >"$dir/samba.out" 2>&1 &
  local pid=$!
  echo "$pid" >"$dir/samba.pid"
  for _ in $(seq 1 300); do
    if LDAPTLS_CACERT=$dir/tls/ca.pem ldapsearch -x -H "ldaps://$address" -D "svc-sync@$dns" -w "$service_password" \
      -s base -b "" highestCommittedUSN >/dev/null 2>&1; then
      cat >"$dir/env" <<ENV
AD_URL=ldap://$address
ADS_URL=ldaps://$address
AD_CA=$dir/tls/ca.pem
AD_BASE='$base'
AD_ADMIN='Administrator@$dns'
AD_ADMIN_PASSWORD='$admin_password'
AD_SYNC='svc-sync@$dns'
AD_SYNC_DN='CN=svc-sync,OU=Service,$base'
AD_SYNC_PASSWORD='$service_password'
AD_PID=$pid
AD_CONF=$dir/dc/etc/smb.conf
AD_SAM=$dir/dc/private/sam.ldb
ENV
      echo "samba (pid $pid): ldap://$address ldaps://$address  base $base  (details: $dir/env)"
      return
    fi
    kill -0 "$pid" 2>/dev/null || { tail -5 "$dir/samba.out" "$dir"/dc/log.* >&2; die "samba did not stay up"; }
    sleep 0.1
  done
  kill "$pid"
  die "no answer on $address after 30 s (logs: $dir/samba.out, $dir/dc/log.*)"
}

stop() {
  local dir; dir=$(cd "$1" && pwd)
  alive "$dir" || { echo "not running"; return; }
  local pid; pid=$(cat "$dir/samba.pid")
  grep -q samba "/proc/$pid/comm" || die "pid $pid is not a samba"
  kill "$pid"
  for _ in $(seq 1 100); do kill -0 "$pid" 2>/dev/null || { rm -f "$dir/samba.pid"; return; }; sleep 0.1; done
  die "pid $pid did not end"
}

case "${1:-} $#" in
  "start 2") start "$2" ;;
  "stop 2") stop "$2" ;;
  *) awk 'NR > 1 { if (!/^#/) exit; print }' "$0" >&2; exit 2 ;;
esac
