# shellcheck shell=bash disable=SC2154  # the *_PORT variables are made by `port`
# The processes of the local stack, a block each. Read by ./trellis, which defines:
#
#   port NAME DEFAULT [I]   $NAME_PORT is $TRELLIS_NAME_PORT or DEFAULT, plus I; it belongs to the
#                           next process, which is not started while another has the port
#   address VARIABLE VALUE  goes to .trellis/env
#   process NAME PRIORITY READY [VARIABLE=VALUE | +VARIABLE]... -- COMMAND...
#                           lower priorities start earlier and stop later; READY is http:PORT
#                           (/readyz answers 200) or redis:PORT (PING); +VARIABLE is handed on from
#                           the caller of `up` if it is set there. A NAME ending in -0, -1, ... is
#                           one of several that `scale` switches on and off.
#
# $BIN holds our binaries, $DATA is for what has to survive a restart.

port REDIS 16379
address REDIS_ADDR "127.0.0.1:$REDIS_PORT"
mkdir -p "$DATA/redis"
process redis 10 "redis:$REDIS_PORT" -- redis-server --bind 127.0.0.1 --port "$REDIS_PORT" \
  --dir "$DATA/redis" --appendonly yes --appendfsync always --save '' --daemonize no

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

port GATEWAY 8080
address GATEWAY_URL "http://127.0.0.1:$GATEWAY_PORT"
process gateway 40 "http:$GATEWAY_PORT" "HTTP_ADDR=127.0.0.1:$GATEWAY_PORT" \
  "ENQUEUE_ADDR=127.0.0.1:$ENQUEUE_PORT" +LOG_LEVEL -- "$BIN/gateway"
