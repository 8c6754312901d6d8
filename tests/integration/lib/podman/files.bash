# shellcheck shell=bash
# Files: cp both ways, volumes, images that are made of a container.

files() {
  local dir=$PODMAN/$C-volume fixed=$PODMAN/$C-fixed
  mkdir "$dir" "$fixed"
  echo fixed >"$fixed/file"
  must p run -d --name "$C" -v "$dir:/data" -v "$fixed:/fixed:ro" -v "$fixed/file:/etc/one" -v "named-$C:/named" \
    --mount type=tmpfs,destination=/memory "$IMAGE"
  echo "from $ID" >"$ROWS/file"
  row cp-in p cp "$ROWS/file" "$C:/copied-$ID"
  row cp-to-volume p cp "$ROWS/file" "$C:/data/copied"
  row copied inside "cat /copied-$ID /data/copied /etc/one; echo guest >/data/from-guest; echo guest >/etc/new; echo named >/named/file; rm /fixed/file"
  row not-the-hosts test ! -e "/copied-$ID"
  row volume-on-host cat "$dir/copied" "$dir/from-guest"
  row cp-out p cp "$C:/etc/new" "$ROWS/new"
  row cp-is-out cat "$ROWS/new"
  row cp-missing p cp "$C:/no/such/file" -
  row cp-to-tmpfs p cp "$ROWS/file" "$C:/memory/copied"
  row diff sorted p diff "$C"
  row commit p commit -q "$C" "image-$C"
  row committed p run --rm -v "named-$C:/named" "image-$C" cat /etc/new /named/file
  row volumes-from p run --rm --volumes-from "$C" "$IMAGE" cat /named/file
  row export p export -o "$ROWS/tar" "$C"
  row exported sorted tar -tf "$ROWS/tar"
  must p stop -t 0 "$C"
  row stopped-cp p cp "$C:/copied-$ID" "$ROWS/stopped"
  row stopped-copied cat "$ROWS/stopped"
  row remove p rm "$C"
  row volume-remove p volume rm "named-$C"
}

# With the status of what is sorted.
sorted() (
  set -o pipefail
  "$@" | sort
)
