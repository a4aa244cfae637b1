#!/usr/bin/env bash
# Messages per CPU second of the server, next to Postfix's smtp-sink, both driven by Postfix's smtp-source in one run, in turn.
# mailfault parses, stores and journals (in memory); smtp-sink discards. Needs Debian's package `postfix`; usage: benches/against-smtp-sink.sh [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
cargo build --release --locked --quiet
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT

# As root it wants another user to become.
user=()
if [ "$(id -u)" = 0 ]; then user=(-u nobody); fi
/usr/sbin/smtp-sink "${user[@]}" 127.0.0.1:3526 1000 >/dev/null &
theirs=$!
until (exec 3<>/dev/tcp/127.0.0.1/3526) 2>/dev/null; do sleep 0.05; done

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
one() { # name pid port options...
  local name=$1 pid=$2 port=$3 before after start end
  shift 3
  before=$(ticks "$pid"); start=$(date +%s.%N)
  /usr/sbin/smtp-source "$@" -f a@b.test -t "$RANDOM@d.test" "127.0.0.1:$port"
  end=$(date +%s.%N); after=$(ticks "$pid")
  echo "$name $before $after $start $end $*" >>"$work/figures"
}

for ((round = 1; round <= rounds; round++)); do
  # A new one each round: it keeps the mail, and its store has an end.
  target/release/mailfault serve --quiet --listen smtp=127.0.0.1:3525 --listen imap=127.0.0.1:0 --ready-file "$work/ready" 2>/dev/null &
  ours=$!
  until [ -s "$work/ready" ]; do sleep 0.05; done
  while read -r options; do
    # shellcheck disable=SC2086
    one mailfault $ours 3525 $options
    # shellcheck disable=SC2086
    one smtp-sink $theirs 3526 $options
  done <<'OPTIONS'
-s 20 -m 20000 -l 1024 -d
-s 20 -m 20000 -l 1024
-s 20 -m 8000 -l 16384
-s 20 -m 2500 -l 65536
OPTIONS
  kill "$ours"
  wait "$ours" || true
done

# -d: kept connections. Figures of all rounds together.
awk -v hz="$(getconf CLK_TCK)" '
  { key = ""; for (i = 6; i <= NF; i++) key = key " " $i
    if (!(key in seen)) { order[++n] = key; seen[key] = 1 }
    for (i = 6; i <= NF; i++) if ($i == "-m") messages = $(i + 1)
    sum[key, $1] += messages; cpu[key, $1] += ($3 - $2) / hz; wall[key, $1] += $5 - $4 }
  END { printf "%-30s %28s %28s %7s\n", "smtp-source", "mailfault msg/CPU s (msg/s)", "smtp-sink msg/CPU s (msg/s)", "ratio"
    for (i = 1; i <= n; i++) { key = order[i]
      a = sum[key, "mailfault"] / cpu[key, "mailfault"]; b = sum[key, "smtp-sink"] / cpu[key, "smtp-sink"]
      printf "%-30s %18.0f (%7.0f) %18.0f (%7.0f) %7.2f\n", key, a, sum[key, "mailfault"] / wall[key, "mailfault"],
        b, sum[key, "smtp-sink"] / wall[key, "smtp-sink"], a / b } }' "$work/figures"
