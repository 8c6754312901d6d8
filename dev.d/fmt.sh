# shellcheck shell=bash
# Format every source file with clang-format

dev setup
git ls-files -z --cached --others --exclude-standard '*.cc' '*.h' | xargs -0 -r -P "$(nproc)" -n 20 clang-format -i
