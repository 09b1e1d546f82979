# Sourced: WAV files of two channels at 48 kHz, unless another format is named, and their frames as
# text, "left right" a line, each sample as it would be in 32 bits; one channel is both.

little_endian() { # bytes, number
  local i
  for ((i = 0; i < $1; i++)); do printf "\\x$(printf %02x $(($2 >> 8 * i & 255)))"; done
}
wav16() { # bytes of samples, rate, channels; from standard input
  local rate=${2:-48000} channels=${3:-2}
  printf 'RIFF'; little_endian 4 $((36 + $1)); printf 'WAVEfmt '; little_endian 4 16
  little_endian 2 1; little_endian 2 "$channels"
  little_endian 4 "$rate"; little_endian 4 $((rate * channels * 2))
  little_endian 2 $((channels * 2)); little_endian 2 16
  printf 'data'; little_endian 4 "$1"
  head -c "$1"
}
channels() { od -An -t u2 -j 22 -N 2 "$1" | tr -d ' '; }
bits() { od -An -t u2 -j 34 -N 2 "$1" | tr -d ' '; }
# the samples are what follows the word "data" and a length: there may be other chunks before it
data() { tail -c "+$(($(grep -abo -m1 data "$1" | head -1 | cut -d: -f1) + 9))" "$1"; }
frames() { # file
  case $(bits "$1") in
    16) data "$1" | od -An -v -t d2 -w$((2 * $(channels "$1"))) |
      awk '{printf "%.0f %.0f\n", $1 * 65536, $NF * 65536}' ;;
    32) data "$1" | od -An -v -t d4 -w$((4 * $(channels "$1"))) | awk '{print $1, $NF}' ;;
    *) echo "not of 16 or 32 bits: $1" >&2; return 1 ;;
  esac
}
# Frames without the silence before the first sound: a pipeline takes time.
from_sound() { awk '$1 || $2 {sound = 1} sound'; }
