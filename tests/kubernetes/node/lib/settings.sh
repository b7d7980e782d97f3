# shellcheck shell=bash disable=SC2034  # read by the scripts that source this
# What the node is called, where it lives and which addresses it uses.

set -euo pipefail

TOOL=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ME=$(basename "$0")
export PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin"
export HOME="${HOME:-/root}"

KUBERNETES_VERSION=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' "$TOOL/module/go.mod")

# The cache outlives the node; a changed recipe gets a new folder in it.
CACHE=${KUBERNETES_NODE_CACHE:-$HOME/.cache/kubernetes-node}
fingerprint() { find "$@" -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-10; }
BIN=$CACHE/$KUBERNETES_VERSION-$(fingerprint "$TOOL/module")
BASE=$CACHE/base-$(fingerprint "$TOOL/lib/base-image.sh")
IMAGES=$CACHE/images

# The node's own places; `down` removes both.
STATE=/run/kubernetes-node
DATA=/var/lib/kubernetes-node
KUBECONFIG_FILE=$STATE/kubeconfig
NETNS=$STATE/netns
CONTAINERD=$STATE/containerd.sock

# Addresses reserved for documentation and benchmarks: nothing real is shadowed.
NODE_ADDRESS=192.0.2.1
POD_RANGE=198.18.0.0/24
SERVICE_RANGE=198.19.0.0/16
API_SERVICE=198.19.0.1
DNS_SERVICE=198.19.0.10

say() { printf '%s: %4ds  %s\n' "$ME" "$SECONDS" "$*" >&2; }
fail() {
  printf '%s: error: %s\n' "$ME" "$*" >&2
  exit 1
}
need_root() { [[ $EUID -eq 0 ]] || fail "run this as root: it makes a network namespace, mounts and cgroups"; }

# One `up` or `down` at a time.
lock() {
  exec 9>/run/kubernetes-node.lock
  flock --wait 900 9 || fail "another up or down has been at work for 15 minutes; see who holds /run/kubernetes-node.lock"
}

in_netns() { nsenter --net="$NETNS" "$@"; }
kube() { KUBECONFIG=$KUBECONFIG_FILE in_netns "$BIN/kubectl" "$@"; }

# A process is known by its pid and its start time, so that a pid that was
# given to someone else after a crash or a reboot is never signalled.
# A zombie has ended; some a PID 1 never reaps.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }' || true; }
running() {
  local pid start
  read -r pid start 2>/dev/null <"$STATE/$1.pid" && [[ -n $start && $(started_at "$pid") == "$start" ]]
}
node_is_up() {
  local part
  [[ -e $STATE/ready ]] || return 1
  for part in etcd apiserver controller-manager scheduler containerd kubelet proxy network-policy; do
    running "$part" || return 1
  done
  [[ $(kube get --raw /readyz 2>/dev/null) == ok ]]
}
need_node() { node_is_up || fail "the node is not up; run '$TOOL/up' first"; }

# wait_for SECONDS WHAT COMMAND...: until the command succeeds, or fails naming WHAT.
wait_for() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "$what did not happen in time; the logs are $STATE/*.log"
    sleep 0.2
  done
}
