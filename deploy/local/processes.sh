# shellcheck shell=bash disable=SC2034,SC2154  # see `port`; usual_counts
# The processes of the local stack, a block each. Read by ./trellis, which defines:
#
#   port NAME DEFAULT [I]   $NAME_PORT is $TRELLIS_NAME_PORT or DEFAULT, plus I; it belongs to the
#                           next process, which is not started while another has the port
#   serves SERVICE          whether `up --services` has it; Enqueue is always there
#   address VARIABLE VALUE  goes to .trellis/env
#   process NAME PRIORITY READY [VARIABLE=VALUE | +VARIABLE]... -- COMMAND...
#                           lower priorities start earlier and stop later; READY is http:PORT
#                           (/readyz answers 200; also scraped by Prometheus), redis:PORT (PING),
#                           redis-cluster:PORT (all slots are served), postgres:PORT,
#                           prometheus:PORT or tcp:PORT;
#                           +VARIABLE is handed on from the caller of `up` if it is set there. A
#                           NAME ending in -0, -1, ... is one of several that `scale` switches on
#                           and off. stop_signal=INT before it: not stopped by SIGTERM.
#
# $BIN holds our binaries, $DATA is for what has to survive a restart; within it $RABBITMQ_CLUSTER is
# for RabbitMQ if $RABBITMQ_NODES is 3 and not 1, and $REDIS_CLUSTER for the nodes of Redis Cluster.

port REDIS 16379
address REDIS_ADDR "127.0.0.1:$REDIS_PORT"
mkdir -p "$DATA/redis"
process redis 10 "redis:$REDIS_PORT" -- redis-server --bind 127.0.0.1 --port "$REDIS_PORT" \
  --dir "$DATA/redis" --appendonly yes --appendfsync always --save '' \
  --notify-keyspace-events Ex --daemonize no

port ENQUEUE 50051
port ENQUEUE_OPS 9051
address ENQUEUE_ADDR "127.0.0.1:$ENQUEUE_PORT"
address QUEUE_NAME messages
process enqueue 20 "http:$ENQUEUE_OPS_PORT" \
  "RPC_ADDR=127.0.0.1:$ENQUEUE_PORT" "OPS_ADDR=127.0.0.1:$ENQUEUE_OPS_PORT" \
  "REDIS_ADDR=127.0.0.1:$REDIS_PORT" QUEUE_NAME=messages +LOG_LEVEL -- "$BIN/enqueue"

address OUTPUT_PATH "$DATA/processed.log"
for ((i = 0; i < 32; i++)); do
  port ENQUEUE_WORKER_OPS 9061 "$i"
  process "enqueue-worker-$i" 30 "http:$ENQUEUE_WORKER_OPS_PORT" \
    "OPS_ADDR=127.0.0.1:$ENQUEUE_WORKER_OPS_PORT" "REDIS_ADDR=127.0.0.1:$REDIS_PORT" \
    QUEUE_NAME=messages "OUTPUT_PATH=$DATA/processed.log" \
    +PROCESSING_DELAY_MS +WORKER_CONCURRENCY +CONSUME_MODE +LEASE +LOG_LEVEL -- \
    "$BIN/enqueue-worker"
done

if serves order || serves post; then
  port POSTGRES 15432
  postgres=postgresql://trellis@127.0.0.1:$POSTGRES_PORT
  stop_signal=INT process postgres 10 "postgres:$POSTGRES_PORT" -- \
    "$ROOT/deploy/local/postgres" "$DATA/postgres" "$POSTGRES_PORT" trellis_order trellis_post
fi

if needs_rabbitmq; then
  port RABBITMQ_EPMD 14369
  process rabbitmq-epmd 5 "tcp:$RABBITMQ_EPMD_PORT" -- \
    epmd -address 127.0.0.1 -port "$RABBITMQ_EPMD_PORT"
  rabbitmq_urls='' rabbitmq_names=()
  for ((i = 1; i <= RABBITMQ_NODES; i++)); do
    at=RABBITMQ
    ((i == 1)) || at=RABBITMQ_$i
    port "$at" "$((15663 + 10 * i))"
    port "${at}_DISTRIBUTION" "$((15664 + 10 * i))"
    port "${at}_MANAGEMENT" "$((15662 + 10 * i))"
    amqp=${at}_PORT distribution=${at}_DISTRIBUTION_PORT management=${at}_MANAGEMENT_PORT
    rabbitmq_urls+="${rabbitmq_urls:+,}amqp://guest:guest@127.0.0.1:${!amqp}/"
    rabbitmq=("${!amqp}" "${!distribution}" "$RABBITMQ_EPMD_PORT" "${!management}")
    if ((RABBITMQ_NODES == 1)); then
      process rabbitmq 10 "tcp:${!amqp}" -- "$ROOT/deploy/local/rabbitmq" "$DATA/rabbitmq" \
        trellis "${rabbitmq[@]}"
    else
      rabbitmq_names+=("trellis-$i")
      process "rabbitmq-$i" 10 "tcp:${!amqp}" -- "$ROOT/deploy/local/rabbitmq" \
        "$RABBITMQ_CLUSTER/$i" "trellis-$i" "${rabbitmq[@]}" "$RABBITMQ_CLUSTER" "$RABBITMQ_PORT" \
        "${rabbitmq_names[@]}"
    fi
  done
  address RABBITMQ_URLS "$rabbitmq_urls"
fi

order_addr=none
if serves order; then
  db_url=$postgres/trellis_order
  address DB_URL "$db_url"
  order_needs=("REDIS_ADDR=127.0.0.1:$REDIS_PORT"
    "DB_URL=$db_url"
    "RABBITMQ_URLS=$rabbitmq_urls" +LOG_LEVEL)
  port ORDER 50052
  port ORDER_OPS 9052
  address ORDER_ADDR "127.0.0.1:$ORDER_PORT"
  process order 20 "http:$ORDER_OPS_PORT" "RPC_ADDR=127.0.0.1:$ORDER_PORT" \
    "OPS_ADDR=127.0.0.1:$ORDER_OPS_PORT" "${order_needs[@]}" -- "$BIN/order"

  address NOTIFICATIONS_PATH "$DATA/notifications.log"
  for ((i = 0; i < 8; i++)); do
    port ORDER_PROCESSOR_OPS 9152 "$i"
    process "order-processor-$i" 30 "http:$ORDER_PROCESSOR_OPS_PORT" \
      "OPS_ADDR=127.0.0.1:$ORDER_PROCESSOR_OPS_PORT" "${order_needs[@]}" -- "$BIN/order-processor"
    port ORDER_NOTIFIER_OPS 9252 "$i"
    process "order-notifier-$i" 30 "http:$ORDER_NOTIFIER_OPS_PORT" \
      "OPS_ADDR=127.0.0.1:$ORDER_NOTIFIER_OPS_PORT" "OUTPUT_PATH=$DATA/notifications.log" \
      "${order_needs[@]}" -- "$BIN/order-notifier"
  done
  order_addr=127.0.0.1:$ORDER_PORT
fi

weather_addr=none
if serves weather; then
  port WEATHER 50053
  port WEATHER_OPS 9053
  address WEATHER_ADDR "127.0.0.1:$WEATHER_PORT"
  process weather 20 "http:$WEATHER_OPS_PORT" "RPC_ADDR=127.0.0.1:$WEATHER_PORT" \
    "OPS_ADDR=127.0.0.1:$WEATHER_OPS_PORT" "REDIS_ADDR=127.0.0.1:$REDIS_PORT" \
    +CALL_TIMEOUT +LOG_LEVEL -- "$BIN/weather"
  for ((i = 0; i < 8; i++)); do
    port WEATHER_WORKER_OPS 9163 "$i"
    process "weather-worker-$i" 30 "http:$WEATHER_WORKER_OPS_PORT" \
      "OPS_ADDR=127.0.0.1:$WEATHER_WORKER_OPS_PORT" "REDIS_ADDR=127.0.0.1:$REDIS_PORT" \
      +PROCESSING_DELAY_MS +WORKER_CONCURRENCY +CLAIM_IDLE +LOG_LEVEL -- "$BIN/weather-worker"
  done
  weather_addr=127.0.0.1:$WEATHER_PORT
fi

post_addr=none
if serves post; then
  cluster_nodes=''
  for ((i = 1; i <= 6; i++)); do
    port "REDIS_CLUSTER_$i" "$((17000 + i))"
    port "REDIS_CLUSTER_BUS_$i" "$((17100 + i))"
    node=REDIS_CLUSTER_${i}_PORT bus=REDIS_CLUSTER_BUS_${i}_PORT
    cluster_nodes+="${cluster_nodes:+,}127.0.0.1:${!node}"
    mkdir -p "$REDIS_CLUSTER/$i"
    # A cache: what is in it goes with the process, and the services notice. A master that is away is
    # missed by those whose keys it has, not by all.
    process "redis-cluster-node-$i" 10 "redis-cluster:${!node}" -- redis-server \
      --bind 127.0.0.1 --port "${!node}" --dir "$REDIS_CLUSTER/$i" --cluster-enabled yes \
      --cluster-port "${!bus}" --cluster-config-file nodes.conf --cluster-node-timeout 2000 \
      --cluster-require-full-coverage no \
      --appendonly no --save '' --maxmemory 512mb --maxmemory-policy allkeys-lru --daemonize no
  done
  address REDIS_CLUSTER_ADDRS "$cluster_nodes"
  address POST_DB_URL "$postgres/trellis_post"
  port POST 50054
  port POST_OPS 9054
  address POST_ADDR "127.0.0.1:$POST_PORT"
  process post 20 "http:$POST_OPS_PORT" "RPC_ADDR=127.0.0.1:$POST_PORT" \
    "OPS_ADDR=127.0.0.1:$POST_OPS_PORT" "REDIS_CLUSTER_ADDRS=$cluster_nodes" \
    "DB_URL=$postgres/trellis_post" +LOCAL_CACHE_MB +LOG_LEVEL -- "$BIN/post"
  post_addr=127.0.0.1:$POST_PORT
fi

keytest_addr=none
if serves keytest; then
  keytest_needs=("REDIS_ADDR=127.0.0.1:$REDIS_PORT" "EVENT_STREAM=${EVENT_STREAM:-rabbitmq}")
  if [[ ${EVENT_STREAM:-} == nats ]]; then
    port NATS 14222
    address NATS_URL "nats://127.0.0.1:$NATS_PORT"
    mkdir -p "$DATA/nats"
    process nats 10 "tcp:$NATS_PORT" -- nats-server -js -sd "$DATA/nats" -a 127.0.0.1 -p "$NATS_PORT"
    keytest_needs+=("NATS_URL=nats://127.0.0.1:$NATS_PORT")
  else
    keytest_needs+=("RABBITMQ_URLS=$rabbitmq_urls")
  fi
  port KEYTEST 50055
  port KEYTEST_OPS 9055
  address KEYTEST_ADDR "127.0.0.1:$KEYTEST_PORT"
  process keytest 20 "http:$KEYTEST_OPS_PORT" "RPC_ADDR=127.0.0.1:$KEYTEST_PORT" \
    "OPS_ADDR=127.0.0.1:$KEYTEST_OPS_PORT" "REDIS_ADDR=127.0.0.1:$REDIS_PORT" +LOG_LEVEL -- \
    "$BIN/keytest"
  for ((i = 0; i < 8; i++)); do
    port KEYTEST_CONSUMER_OPS 9355 "$i"
    process "keytest-consumer-$i" 30 "http:$KEYTEST_CONSUMER_OPS_PORT" \
      "OPS_ADDR=127.0.0.1:$KEYTEST_CONSUMER_OPS_PORT" "${keytest_needs[@]}" +LOG_LEVEL -- \
      "$BIN/keytest-consumer"
  done
  usual_counts[keytest-consumer]=2
  keytest_addr=127.0.0.1:$KEYTEST_PORT
fi

port GATEWAY 8080
address GATEWAY_URL "http://127.0.0.1:$GATEWAY_PORT"
process gateway 40 "http:$GATEWAY_PORT" "HTTP_ADDR=127.0.0.1:$GATEWAY_PORT" \
  "ENQUEUE_ADDR=127.0.0.1:$ENQUEUE_PORT" "ORDER_ADDR=$order_addr" "WEATHER_ADDR=$weather_addr" \
  "POST_ADDR=$post_addr" "KEYTEST_ADDR=$keytest_addr" +LOG_LEVEL -- "$BIN/gateway"

if ((MONITORING)); then
  port PROMETHEUS 9090
  address PROMETHEUS_URL "http://127.0.0.1:$PROMETHEUS_PORT"
  process prometheus 50 "prometheus:$PROMETHEUS_PORT" \
    "CONFIGURATION=$(cat "$ROOT"/deploy/monitoring/prometheus.yml \
      "$ROOT"/deploy/monitoring/rules/*.yml | sha256sum | cut -c 1-16)" -- \
    "$ROOT/deploy/local/prometheus" "$DATA/prometheus" "$PROMETHEUS_PORT"
fi
