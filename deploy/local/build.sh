# shellcheck shell=bash
# What ./trellis tells while it works, Debian's packages, and the build. Sourced by ./trellis.

# --- Talking -------------------------------------------------------------------------------------

open_line='' next_progress=0
clear_line() {
  printf '%b' "$open_line"
  open_line=''
}
say() {
  clear_line
  printf '%s\n' "$*"
}
die() {
  clear_line
  say "trellis: $*" >&2
  exit 1
}

# One updating line on a terminal; elsewhere a line after 2 s and then every 15 s.
progress() { # SINCE TEXT [DETAIL]
  local seconds=$((SECONDS - $1))
  if [[ -t 1 ]]; then
    printf '\r\033[K%.*s' "$((${COLUMNS:-80} - 1))" "$2 ($seconds s) ${3:-}"
    open_line='\r\033[K'
  elif ((seconds >= 2 && SECONDS >= next_progress)); then
    printf '%s (%s s) %s\n' "$2" "$seconds" "${3:-}"
    next_progress=$((SECONDS + 15))
  fi
}

# Runs a command in a process group of its own, its output in the log.
job=''
run() { # LABEL LOG COMMAND...
  local label=$1 log=$2 since=$SECONDS status=0
  shift 2
  mkdir -p "$LOG"
  set -m
  LC_ALL=C.UTF-8 "$@" > "$log" 2>&1 < /dev/null 8>&- 9>&- &
  job=$!
  set +m
  while kill -0 "$job" 2> /dev/null; do
    progress "$since" "$label" "$(tail -n 1 "$log")"
    sleep 0.2
  done
  wait "$job" || status=$?
  job=''
  return "$status"
}
end_job() {
  [[ -n $job ]] || return 0
  kill -TERM -- "-$job" 2> /dev/null
  wait "$job"
}
failed() { # WHAT LOG
  local errors='error: |CMake Error|^E: |No space left|undefined (reference|symbol)'
  die "$1; the whole log is in $2:"$'\n'"$(grep -m 1 -A 4 -E "$errors" "$2" || tail -n 5 "$2")"
}

# --- Packages and building -----------------------------------------------------------------------

install_packages() { # GROUP...: what is missing of them
  [[ -z ${TRELLIS_BIN:-} ]] || return 0
  local wanted missing sudo=()
  mapfile -t wanted < <(awk -v groups=" $* " '
    { sub(/#.*/, "") }
    /^\[/ { on = index(groups, " " substr($1, 2, length($1) - 2) " "); next }
    on && NF { print $1 }' "$ROOT/deploy/packages.txt" | sort -u)
  if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
    die "this is neither Debian nor Ubuntu. Trellis needs what these packages hold: ${wanted[*]}"
  fi
  # Others' packages may provide it: NodeSource's nodejs is npm, too, and would be removed for it.
  mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}") <(
    dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' |
      sed -n 's/^installed //p' | sed 's/([^)]*)//g' | tr -d ' ' | tr ',' '\n' | sort -u
  ))
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    sudo=(sudo)
    if ! command -v sudo > /dev/null || ! sudo -v; then
      die "packages are missing and only root can install them: apt-get install ${missing[*]}"
    fi
  fi
  say "installing ${#missing[@]} Debian packages, log in $LOG/apt.log"
  run "installing packages" "$LOG/apt.log" \
    "${sudo[@]}" "$ROOT/deploy/local/install-packages" "${missing[@]}" ||
    failed "the packages could not be installed" "$LOG/apt.log"
  reconfigure=1
}
reconfigure=0

build() { # PRESET [PATTERN]: all outputs, or those that match
  [[ -z ${TRELLIS_BIN:-} ]] || return 0
  local dir=$ROOT/build/$1 log=$LOG/build.log targets=() jobs
  check_disk "$dir" "$([[ -f $dir/build.ninja ]] && echo 300 || echo 3000)"
  exec 8> "$dir/.lock"
  lock 8 "another build in $dir"
  if [[ $reconfigure == 1 || ! -f $dir/build.ninja ||
    $ROOT/CMakePresets.json -nt $dir/build.ninja ]]; then
    run "configuring" "$log" cmake -S "$ROOT" --preset "$1" || failed "configuring failed" "$log"
  fi
  run "configuring" "$log" ninja -C "$dir" build.ninja || failed "configuring failed" "$log"
  if [[ -n ${2:-} ]]; then
    mapfile -t targets < <(ninja -C "$dir" -t targets all | sed -nE "s#^($2): .*#\1#p")
  fi
  jobs=$(awk -v cores="$(nproc)" '/^MemAvailable/ { # 1.5 GB each
    jobs = int($2 / 1500000)
    print jobs < 1 ? 1 : jobs < cores ? jobs : cores
  }' /proc/meminfo)
  run "building" "$log" ninja -C "$dir" -j "$jobs" "${targets[@]}" ||
    failed "the build failed" "$log"
  exec 8>&-
}

check_disk() { # DIR MEGABYTES
  local error free
  error=$({ mkdir -p "$1" && echo probe > "$1/.probe" && rm "$1/.probe"; } 2>&1) ||
    die "cannot write to $1: ${error##*: }"
  free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
  ((free >= $2)) || die "the disk is full: $free MB are free at $1, $2 MB are needed"
}

lock() { # FD WHAT
  flock -n "$1" && return 0
  say "waiting for $2 to end"
  flock "$1"
}
lock_stack() {
  mkdir -p "$STATE"
  exec 9> "$STATE/lock"
  lock 9 "another ./trellis with $STATE"
}
