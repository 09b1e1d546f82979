# Sourced: named checks of what a guest left in the folder $out, and their count.

checks=0 failed=0

check() { # what, command...
  local what=$1
  shift
  checks=$((checks + 1))
  if "$@"; then echo "  ok: $what"; else echo "  FAILED: $what ($*)"; failed=$((failed + 1)); fi
}
matching() {
  local lines
  lines=$(grep -cE -- "$2" "$out/$1" 2>/dev/null) || true
  echo "${lines:-0}"
}
has() { [ "$(matching "$1" "$3")" -ge "$2" ]; }    # file, lines at least, pattern
exactly() { [ "$(matching "$1" "$3")" = "$2" ]; }  # file, lines, pattern
