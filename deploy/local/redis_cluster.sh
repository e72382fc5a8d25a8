# shellcheck shell=bash
# Redis Cluster in the local stack: three masters and their replicas. Sourced by ./trellis.

REDIS_CLUSTER=$DATA/redis-cluster # a directory for each node, 1 to 6

# The first start: nodes that do not know each other become a cluster. Later they find each other by
# what they have written down, unless the ports are others. A start that was broken off is made up for
# by the next one.
form_redis_cluster() {
  local since=$SECONDS nodes=() i port answer attempt
  serves post || return 0
  for ((i = 1; i <= 6; i++)); do
    port=REDIS_CLUSTER_${i}_PORT
    nodes+=("127.0.0.1:${!port}")
  done
  [[ $(cat "$REDIS_CLUSTER/formed" 2> /dev/null) != "${nodes[*]}" ]] || return 0
  for attempt in 1 2 3; do
    join_redis_cluster "${nodes[@]}" && break
    ((attempt < 3)) || die "redis-cli does not form a cluster of ${nodes[*]}: $answer"
  done
  echo "${nodes[*]}" > "$REDIS_CLUSTER/formed"
}

# One attempt; sets `answer`.
join_redis_cluster() { # ADDRESS...
  for ((i = 1; i <= 6; i++)); do
    port=${nodes[i - 1]#*:}
    until [[ $(timeout 2 redis-cli -p "$port" ping 2> /dev/null) == PONG ]]; do
      progress "$since" "waiting for redis-cluster-node-$i"
      ((SECONDS - since < 60)) ||
        die "redis-cluster-node-$i does not answer; see ./trellis logs redis-cluster-node-$i"
      sleep 0.1
    done
    # It may have met others already. A replica cannot be flushed, and need not be.
    redis-cli -p "$port" flushall > /dev/null
    redis-cli -p "$port" cluster reset hard > /dev/null
  done
  # Where a node misses that it is to meet the others, redis-cli would wait for it for ever.
  answer=$(timeout 30 redis-cli --cluster create "${nodes[@]}" --cluster-replicas 1 \
    --cluster-yes 2>&1)
}
