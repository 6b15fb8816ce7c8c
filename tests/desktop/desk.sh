# A screen of its own with the window on it, for the walks beside this file. Sourced, not run.
#
# Needs Xvfb, xdotool and ImageMagick (Debian: xvfb xdotool imagemagick libxkbcommon-x11-0 libgl1-mesa-dri).

# desk WIDTHxHEIGHT THEME FOLDER: opens the window, and keeps its pictures and all that it writes in FOLDER.
desk() {
  size=$1 theme=$2 folder=$3
  mkdir -p "$folder/config/tidemark" "$folder/data"
  printf '{ "version": 1, "theme": "%s" }\n' "$theme" > "$folder/config/tidemark/settings.json"
  printf 'screen %s, %s\n' "$size" "$theme"
  exec {display_pipe}<> <(:)
  Xvfb -displayfd "$display_pipe" -screen 0 "${size}x24" -nolisten tcp 2> "$folder/xvfb.log" &
  xvfb=$!
  trap 'kill "$tidemark" "$xvfb" 2> /dev/null || true' EXIT
  read -r -t 20 -u "$display_pipe" number
  export DISPLAY=":$number" LIBGL_ALWAYS_SOFTWARE=1
  export XDG_CONFIG_HOME="$folder/config" XDG_DATA_HOME="$folder/data"
  target/release/tidemark 2> "$folder/tidemark.log" &
  tidemark=$!
  window=$(timeout 60 xdotool search --sync --onlyvisible --pid "$tidemark" | tail -1)
  xdotool windowmove "$window" 0 0 windowsize "$window" "${size%x*}" "${size#*x}" windowfocus --sync "$window"
  n_steps=0
  sleep 3
}

# step WORDS: waits until things have come to rest, and takes a picture called after the words.
step() {
  sleep "${REST:-0.8}"
  n_steps=$((n_steps + 1))
  local name
  name=$(printf '%02d-%s' "$n_steps" "${1// /-}")
  import -window root "$folder/$name.png"
  printf '%s\n' "$name"
  kill -0 "$tidemark"
}

# keys KEY...: presses keys one after another, such as ctrl+n or Return.
keys() {
  for key in "$@"; do
    xdotool key "$key"
    sleep 0.15
  done
}

# write TEXT: types a text where the keyboard is.
write() {
  xdotool type --delay 25 -- "$1"
  sleep 0.2
}

# fill TEXT: replaces what a field holds.
fill() {
  keys ctrl+a
  write "$1"
}

# click X Y [BUTTON]
click() {
  xdotool mousemove "$1" "$2"
  sleep 0.1
  xdotool click "${3:-1}"
  sleep 0.25
}

# drag X Y X Y: presses at the first place and lets go at the second.
drag() {
  xdotool mousemove "$1" "$2" mousedown 1
  local part
  for part in 1 2 3 4 5 6; do
    xdotool mousemove $(($1 + ($3 - $1) * part / 6)) $(($2 + ($4 - $2) * part / 6))
    sleep 0.05
  done
  xdotool mouseup 1
  sleep 0.3
}
