# shellcheck shell=bash
# The local stack under supervisord: its configuration, start, readiness, end. Sourced by ./trellis.
#
#   $STATE/supervisor.sock         where supervisorctl asks
#   $STATE/processes/available     a file per process that could run, made from processes.sh
#   $STATE/processes/enabled       links to those that shall run
#   $STATE/run                     pid files of supervisord and of every process
#
# Should supervisord be killed, the kernel ends its children (see `run`), and the next `down` or
# `up` waits for those that take their time.

# --- From deploy/local/processes.sh to supervisord's configuration --------------------------------

port() { # NAME DEFAULT [I]
  local variable=TRELLIS_$1_PORT
  local value=${!variable:-$2}
  if [[ ! $value =~ ^[1-9][0-9]{0,4}$ ]] || ((value + ${3:-0} > 65535)); then
    die "$variable: a port between 1 and 65535 is expected, not '$value'"
  fi
  printf -v "$1_PORT" %s "$((value + ${3:-0}))"
  ports+="; port $((value + ${3:-0})) $variable"$'\n'
}
ports=''

serves() { # SERVICE
  [[ ,$SERVICES, == *",$1,"* ]]
}

address() { # VARIABLE VALUE
  printf '%s=%q\n' "$1" "$2" >> "$staged/env"
}

declare -A stamps
process() { # NAME PRIORITY READY [VARIABLE=VALUE | +VARIABLE]... -- COMMAND...
  local name=$1 priority=$2 ready=$3 environment='' plain=$STATE$ROOT word
  shift 3
  while [[ $1 != -- ]]; do
    word=${1#+}
    [[ $1 != +* ]] || word=${!word:+$word=${!word}}
    environment+=${word:+${word%%=*}=\"${word#*=}\",}
    plain+=$word
    shift
  done
  shift
  [[ $plain$* != *[\"\'\\\;\#%$'\n']* ]] ||
    die "$name: supervisord takes no path or setting with one of these: \" ' \\ ; # %"
  # A new binary is a new configuration: `supervisorctl update` restarts exactly what has changed.
  if [[ -z ${stamps[$1]:-} && $1 == /* && -e $1 ]]; then
    stamps[$1]=$(sha256sum "$1" | cut -c 1-16)
  fi
  cat > "$staged/available/$name.conf" << EOF
; ready $ready
${ports}[program:$name]
command='$ROOT/deploy/local/run' '$PIDS/$name.pid'$(printf " '%s'" "$@")
directory=$STATE
environment=${environment}TRELLIS_BINARY="${stamps[$1]:-}"
priority=$priority
autorestart=true
startsecs=1
startretries=1000000
stopsignal=${stop_signal:-TERM}
stopwaitsecs=20
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile=$LOG/$name.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=2
EOF
  ports=''
}

staged=$STATE/processes/new
render() {
  rm -rf "$staged"
  mkdir -p "$staged/available" "$ENABLED" "$DATA" "$LOG" "$PIDS"
  stamps=()
  # shellcheck source=deploy/local/processes.sh
  source "$ROOT/deploy/local/processes.sh"
}

# Of several alike (NAME-0, NAME-1, ...) counts[NAME], if set; else as many as run, or the usual
# number, which is one if processes.sh does not say otherwise.
declare -A counts usual_counts
wanted() { # DIR
  local file name base
  for file in "$1"/*.conf; do
    name=$(basename "$file" .conf)
    base=${name%-*}
    if [[ -e $1/$base-0.conf && $name =~ -[0-9]+$ ]]; then
      if [[ -z ${counts[$base]:-} ]]; then
        counts[$base]=${usual_counts[$base]:-1}
        if [[ -e $AVAILABLE/$base-0.conf ]] && supervisor_pid > /dev/null; then
          counts[$base]=$(names "$base" | wc -l)
        fi
      fi
      ((${name##*-} < counts[$base])) || continue
    fi
    echo "$name"
  done
}

names() { # [PROC]: what is switched on, or PROC or all PROC-0, PROC-1, ... of it
  find "$ENABLED" -name '*.conf' -printf '%f\n' 2> /dev/null |
    sed -nE "s/^(${1:-.*}(-[0-9]+)?)\.conf$/\1/p" | sort -V
}

# Another's listening socket on a port that we are about to take is an error.
check_ports() { # DIR NAME...
  local dir=$1 name port variable inode pid holder owned=''
  shift
  if supervisor_pid > /dev/null; then
    owned=" $(sed -n 's/^; port \([0-9]*\) .*/\1/p' "$ENABLED"/*.conf | tr '\n' ' ') "
  fi
  local -A user=()
  for name in "$@"; do
    while read -r port variable; do
      [[ -z ${user[$port]:-} ]] ||
        die "port $port is given to both ${user[$port]} and $name; set $variable"
      user[$port]=$name
      [[ $owned != *" $port "* ]] || continue
      # At 127.0.0.1, ::1, or all addresses; those that have others are none of our business.
      inode=$(awk -v port="$(printf ':%04X' "$port")" '
        $4 == "0A" && $2 ~ "^(0*|0100007F|0*01000000|0*FFFF00000100007F)" port "$" {
          print $10; exit
        }' /proc/net/tcp*)
      [[ -n $inode ]] || continue
      pid=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2> /dev/null |
        cut -d / -f 3) || true
      holder=${pid:+"$(tr '\0' ' ' < "/proc/$pid/cmdline")(process $pid)"}
      die "port $port of $name is taken by ${holder:-another process}; free it or set $variable"
    done < <(sed -n 's/^; port //p' "$dir/$name.conf")
  done
}

# --- Starting, waiting, stopping ------------------------------------------------------------------

supervisor_pid() {
  local pid
  read -r pid 2> /dev/null < "$PIDS/supervisord" && is_supervisor "$pid" && echo "$pid"
}
is_supervisor() { # PID: of this very stack, since the path of its pid file is among its arguments
  grep -qzxF -- "$PIDS/supervisord" "/proc/$1/cmdline" 2> /dev/null
}

# Not the caller's environment: what a process is told stands in its configuration.
supervised() {
  env -i PATH="$PATH" HOME="${HOME:-/}" LANG=C.UTF-8 \
    TRELLIS_HOME="$STATE" TRELLIS_USER="$(id -un)" \
    "$1" -c "$ROOT/deploy/local/supervisord.conf" "${@:2}" 8>&- 9>&-
}

started=0 events_from=1
start_or_update() { # NAME...: switches on exactly these
  local name error i running=1
  supervisor_pid > /dev/null || running=0
  check_ports "$AVAILABLE" "$@"
  rm -f "$ENABLED"/*
  for name in "$@"; do
    ln -s "../available/$name.conf" "$ENABLED/"
  done
  [[ ! -e $AVAILABLE/prometheus.conf ]] || write_targets "$@"
  touch "$LOG/supervisord.log"
  events_from=$(($(stat -c %s "$LOG/supervisord.log") + 1))
  if ((running)); then
    supervised supervisorctl update | sed 's/^/  /'
  else
    started=1
    error=$(supervised supervisord -j "$PIDS/supervisord" 2>&1) ||
      die "supervisord does not start: $error"
    for ((i = 0; i < 100; i++)); do
      supervisor_pid > /dev/null && return
      sleep 0.1
    done
    die "supervisord has ended: $(tail -n 3 "$LOG/supervisord.log")"
  fi
}

# What Prometheus is to scrape: whoever has an ops port. It notices when the file changes.
write_targets() { # NAME...
  local name ready process targets=()
  for name in "$@"; do
    read -r _ _ ready < "$AVAILABLE/$name.conf"
    [[ $ready == http:* ]] || continue
    process=$name
    [[ ! -e $AVAILABLE/${name%-*}-0.conf ]] || process=${name%-*}
    targets+=("{\"targets\": [\"127.0.0.1:${ready#*:}\"], \"labels\": {\"process\": \"$process\"}}")
  done
  mkdir -p "$DATA/prometheus/targets"
  (IFS=, && echo "[${targets[*]}]") > "$DATA/prometheus/targets/new"
  mv "$DATA/prometheus/targets/new" "$DATA/prometheus/targets/stack.json"
}

is_ready() { # NAME
  local ready port
  read -r _ _ ready < "$ENABLED/$1.conf"
  port=${ready#*:}
  case $ready in
    http:*) curl -fs --noproxy '*' -m 2 -o /dev/null "http://127.0.0.1:$port/readyz" ;;
    postgres:*) pg_isready -q -h 127.0.0.1 -p "$port" ;;
    tcp:*) (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null ;;
    prometheus:*) curl -fs --noproxy '*' -m 2 -o /dev/null "http://127.0.0.1:$port/-/ready" ;;
    redis:*) [[ $(timeout 2 redis-cli -p "$port" ping 2> /dev/null) == PONG ]] ;;
    redis-cluster:*)
      [[ $(timeout 2 redis-cli -p "$port" cluster info 2> /dev/null) == *cluster_state:ok*cluster_slots_ok:16384* ]]
      ;;
  esac
}

wait_ready() { # NAME...; ready_limit=SECONDS before it: not 120
  local since=$SECONDS waiting name refused='s/.*exited: (.*) \(exit status (2|126|127);.*/\1/p'
  while true; do
    waiting=()
    for name in "$@"; do
      is_ready "$name" || waiting+=("$name")
    done
    ((${#waiting[@]})) || return 0
    progress "$since" "waiting for ${waiting[*]}"
    # A process that refuses its settings or cannot be run will not get better.
    name=$(tail -c "+$events_from" "$LOG/supervisord.log" | sed -nE "$refused")
    name=${name%%$'\n'*}
    [[ -z $name ]] || die "$name cannot start: $(tail -n 3 "$LOG/$name.log")"
    if ((SECONDS - since >= ${ready_limit:-120})); then
      name=${waiting[0]}
      die "$name is not ready after ${ready_limit:-120} s; the end of its log:"$'\n'"$(
        tail -n 10 "$LOG/$name.log"
        tail -c "+$events_from" "$LOG/supervisord.log" | grep "exited: $name " | tail -n 1
      )"
    fi
    sleep 0.2
  done
}

process_of() { # PIDFILE: the process noted there, if it still is that one
  local pid start program stat fields
  read -r pid start program 2> /dev/null < "$1" || return 1
  stat=$(cat "/proc/$pid/stat" 2> /dev/null) || return 1
  read -r -a fields <<< "${stat##*) }"
  [[ ${fields[0]} != Z && ${fields[19]} == "$start" ]] &&
    grep -qF -- "$program" "/proc/$pid/cmdline" && echo "$pid"
}

stop_all() {
  local since=$SECONDS pid file signal left
  if pid=$(supervisor_pid); then
    kill -TERM "$pid"
    while is_supervisor "$pid"; do
      progress "$since" "stopping"
      ((SECONDS - since < 90)) || kill -KILL "$pid"
      sleep 0.1
    done
  fi
  for signal in TERM KILL; do # what a supervisord that was killed has left
    since=$SECONDS left=1
    while ((left && SECONDS - since < 20)); do
      left=0
      for file in "$PIDS"/*.pid; do
        if [[ -e $file ]] && pid=$(process_of "$file"); then
          ((left++)) || progress "$since" "stopping $(basename "$file" .pid), left over"
          kill "-$signal" "$pid" || true
        fi
      done
      ((left == 0)) || sleep 0.2
    done
  done
  rm -f "$PIDS"/* "$STATE/supervisor.sock"
}

# However ./trellis ends: nothing that it has begun goes on, unless `up` has made it to the end.
on_exit() {
  local status=$?
  trap '' INT TERM HUP
  trap - ERR
  set +e
  end_job
  if ((started)); then
    lock 9 "another ./trellis with $STATE"
    stop_all
    say "stopped; nothing is left running"
  fi
  clear_line
  exit "$status"
}
trap on_exit EXIT
# Not for signals (above 128), which are the user's doing.
trap '(($? > 128)) || echo "trellis: a command failed, ${BASH_SOURCE[0]}:$LINENO" >&2' ERR
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
