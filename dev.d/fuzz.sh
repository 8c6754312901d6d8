# shellcheck shell=bash
# Run every fuzz target for a while (./dev fuzz [NAME]...; KATA_FUZZ_SECONDS, default 60, each)

seconds=${KATA_FUZZ_SECONDS:-60}
fuzz_build=${KATA_BUILD_DIR}-fuzz
dev setup
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  mapfile -t targets < <(find lib agent hypervisor runtime shim cli deploy -name '*_fuzz.cc' -printf '%f\n' | sed 's/\.cc$//' | sort)
fi
[ ${#targets[@]} -gt 0 ] || die "there is no fuzz target (*_fuzz.cc)"
export KATA_CMAKE_ARGS="-DKATA_FUZZ=ON -DKATA_SANITIZE=address -DCMAKE_CXX_COMPILER=clang++-19"
KATA_BUILD_DIR=$fuzz_build dev build "${targets[@]}"

# One target: its corpus grows in the build directory, seeds are in tests/fuzz/NAME (without "_fuzz").
fuzz() {
  local name=$1 corpus=$fuzz_build/corpus/$1 log=$fuzz_build/log/$1.log seeds=()
  mkdir -p "$corpus" "$fuzz_build/log" "$fuzz_build/findings"
  [ ! -d "tests/fuzz/${name%_fuzz}" ] || seeds=("tests/fuzz/${name%_fuzz}")
  if "$fuzz_build/fuzz/$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$fuzz_build/findings/$name-" "$corpus" "${seeds[@]}" >"$log" 2>&1; then
    say "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs, no finding"
    echo "ok $name" >>"$fuzz_build/log/results"
  else
    tail -n 60 "$log" >&2
    say "fuzz: $name FOUND something; input in $fuzz_build/findings, whole log in $log"
    echo "not ok $name" >>"$fuzz_build/log/results"
  fi
}

mkdir -p "$fuzz_build/log"
: >"$fuzz_build/log/results"
say "fuzzing ${#targets[@]} targets, $seconds seconds each"
for name in "${targets[@]}"; do
  fuzz "$name" &
  # As many at a time as there are processors.
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
done
wait
! grep -q '^not ok' "$fuzz_build/log/results"
