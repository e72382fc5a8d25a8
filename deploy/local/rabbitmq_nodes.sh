# shellcheck shell=bash
# How many nodes RabbitMQ has in the local stack, and how three become a cluster. Sourced by
# ./trellis.

RABBITMQ_NODES=${TRELLIS_RABBITMQ_NODES:-}
RABBITMQ_CLUSTER=$DATA/rabbitmq-cluster # home of three nodes; a single one has $DATA/rabbitmq

needs_rabbitmq() {
  serves order || { serves keytest && [[ ${EVENT_STREAM:-} != nats ]]; }
}

choose_rabbitmq_nodes() {
  local there=''
  if [[ -e $RABBITMQ_CLUSTER/formed ]]; then
    there=3
  elif [[ -d $DATA/rabbitmq ]]; then
    there=1
  fi
  RABBITMQ_NODES=${RABBITMQ_NODES:-${there:-1}}
  [[ $RABBITMQ_NODES =~ ^[13]$ ]] ||
    die "up: --rabbitmq-nodes (TRELLIS_RABBITMQ_NODES): 1 or 3 is expected, not '$RABBITMQ_NODES'"
  needs_rabbitmq && [[ -n $there && $there != "$RABBITMQ_NODES" ]] || return 0
  die "the data in $DATA is of RabbitMQ with --rabbitmq-nodes $there, and what waits in its queues" \
    "would be left behind; start with that number, or delete all data with ./trellis clean"
}

# The first start of three nodes: nobody else is started before all of them are in one cluster,
# because a quorum queue has its members on the nodes that are there when it is declared. Until then
# nothing is in them, so that a start that was broken off begins anew.
form_rabbitmq_cluster() { # NAME...: what is to run
  local name brokers=() others=() members
  needs_rabbitmq && ((RABBITMQ_NODES > 1)) && [[ ! -e $RABBITMQ_CLUSTER/formed ]] || return 0
  for name in "$@"; do
    case $name in
      rabbitmq-[1-9]) brokers+=("$name") ;;
      order | order-* | keytest-consumer-*) ;;
      *) others+=("$name") ;;
    esac
  done
  # A stack that was up may have them running since then.
  ! supervisor_pid > /dev/null || start_or_update "${others[@]}"
  rm -rf "$RABBITMQ_CLUSTER"
  start_or_update "${others[@]}" "${brokers[@]}"
  # Two after one, and Erlang takes its time to start where the machine is busy.
  ready_limit=150 wait_ready "${brokers[@]}"
  local attempt answer
  for attempt in {1..10}; do
    answer=$(env -i PATH="$PATH" HOME="$RABBITMQ_CLUSTER" LANG=C.UTF-8 \
      ERL_EPMD_PORT="$RABBITMQ_EPMD_PORT" RABBITMQ_CONF_ENV_FILE=/dev/null \
      /usr/lib/rabbitmq/bin/rabbitmqctl -q -n trellis-1@localhost \
      eval 'length(rabbit_nodes:all_running()).' 2>&1 8>&- 9>&-) || true
    members=${answer##*$'\n'} # warnings come first
    [[ $members != "$RABBITMQ_NODES" ]] || break
    ((attempt < 10)) || die "the nodes of RabbitMQ do not form a cluster (running: $answer); see" \
      "./trellis logs rabbitmq"
    sleep 1
  done
  touch "$RABBITMQ_CLUSTER/formed"
}
