#!/bin/sh
# Makes nodes of Redis Cluster one and keeps them one, whatever addresses they have today.
#
#   cluster.sh form HOST...   all nodes, half of them masters; again and again is the same as once
#   cluster.sh keep HOST...   form, and look after it every few seconds
#   cluster.sh join HOST...   on a node that has started: tells the others where it is now
#
# What is in the cluster is a cache, so nodes that never were a cluster are emptied first.
set -eu
PORT=${REDIS_PORT:-6379}
NODE=${NODE:-127.0.0.1} # of `join`
PATIENCE=${PATIENCE:-300} # seconds
verb=$1
shift
count=$#

address() { # HOST
  getent ahostsv4 "$1" | { read -r ip _ && echo "$ip"; }
}
at() { # IP COMMAND...
  to=$1
  shift
  timeout 5 redis-cli -h "$to" -p "$PORT" "$@" < /dev/null
}
info() { # IP FIELD
  at "$1" cluster info | tr -d '\r' | sed -n "s/^cluster_$2://p"
}
say() { echo "cluster.sh: $*" >&2; }

be_patient() { deadline=$(($(date +%s) + PATIENCE)); }
pause() { # WHAT IT WAITS FOR
  [ "$(date +%s)" -lt "$deadline" ] || {
    say "gave up waiting for $1"
    exit 1
  }
  sleep 1
}

# Sets `nodes` to the addresses of all, once all answer.
find_nodes() {
  nodes=''
  for host in "$@"; do
    until ip=$(address "$host") && [ "$(at "$ip" ping 2> /dev/null)" = PONG ]; do
      pause "$host"
    done
    nodes="$nodes $ip"
  done
}

# One that knows a whole cluster, if any does: a start that was broken off leaves none.
established() {
  for ip in $nodes; do
    if [ "$(info "$ip" slots_assigned)" = 16384 ] &&
      [ "$(info "$ip" known_nodes)" -ge "$count" ]; then
      echo "$ip"
      return
    fi
  done
}

create() {
  say "makes a cluster of$nodes"
  # Where a node misses that it is to meet the others, redis-cli would wait for it for ever.
  for attempt in 1 2 3; do
    ! create_once || return 0
    say "attempt $attempt failed"
  done
  exit 1
}
create_once() {
  list=''
  for ip in $nodes; do
    at "$ip" flushall > /dev/null
    at "$ip" cluster reset hard > /dev/null
    list="$list $ip:$PORT"
  done
  # shellcheck disable=SC2086  # words
  timeout 60 redis-cli --cluster create $list --cluster-replicas 1 --cluster-yes >&2
}

all_agree() {
  for ip in $nodes; do
    [ "$(info "$ip" state)" = ok ] || return 1
    [ "$(info "$ip" slots_ok)" = 16384 ] || return 1
    ! at "$ip" cluster nodes | grep -qE 'handshake|noaddr|fail\?|disconnected' || return 1
  done
}

# Masters with slots and how many replicas each has, the fewest first: "COUNT ID".
masters() { # IP
  at "$1" cluster nodes | tr -d '\r' | awk '
    $3 ~ /fail/ { next }
    $3 ~ /master/ && NF > 8 { replicas[$1] += 0 }
    $3 ~ /slave/ { replicas[$4]++; next }
    END { for (id in replicas) print replicas[id], id }' | sort -n
}

# Who came with an empty disk becomes a replica; who is gone for good is forgotten, as all that there
# shall be are here.
give_roles() { # IP OF ONE THAT KNOWS
  for ip in $nodes; do
    if [ "$(at "$ip" cluster nodes | awk '/myself,master/ && NF == 8' | wc -l)" = 1 ]; then
      id=$(masters "$1" | awk 'NR == 1 { print $2 }')
      say "$ip becomes a replica of $id"
      at "$ip" cluster replicate "$id" > /dev/null || true
      sleep 2 # the others hear of it
    fi
  done
  for id in $(at "$1" cluster nodes | awk '$3 ~ /fail$|fail,/ && $3 !~ /\?/ && NF == 8 { print $1 }'); do
    say "forgets $id"
    for ip in $nodes; do
      at "$ip" cluster forget "$id" > /dev/null || true
    done
  done
}

meet() {
  for ip in $nodes; do
    for other in $nodes; do
      [ "$ip" = "$other" ] || at "$ip" cluster meet "$other" "$PORT" > /dev/null || true
    done
  done
}

form() {
  find_nodes "$@"
  [ -n "$(established)" ] || create
  # Nodes may go and come back elsewhere meanwhile.
  until known=$(established) && [ -n "$known" ] && give_roles "$known" && all_agree; do
    pause "the nodes to agree"
    find_nodes "$@"
    meet
    sleep 2
  done
  say "the cluster is there"
}

be_patient
case $verb in
  form) form "$@" ;;
  keep)
    while true; do
      form "$@"
      while sleep 5; do
        be_patient # anew
        find_nodes "$@"
        all_agree || break
      done
      say "the nodes do not see each other"
    done
    ;;
  join)
    until [ "$(at "$NODE" ping 2> /dev/null)" = PONG ]; do pause "this node"; done
    # One that knows nobody is new: `form` is coming.
    while [ "$(info "$NODE" known_nodes)" -gt 1 ]; do
      nodes=$NODE
      ! all_agree || break
      for host in "$@"; do
        ! ip=$(address "$host") || at "$NODE" cluster meet "$ip" "$PORT" > /dev/null || true
      done
      pause "the other nodes"
    done
    ;;
  *)
    say "form, keep or join is expected, not '$verb'"
    exit 2
    ;;
esac
