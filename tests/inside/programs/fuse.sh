# A file system of FUSE's.
set -e
mkdir -p /mnt/there /tmp/here
echo through FUSE >/tmp/here/file
bindfs -o ro /tmp/here /mnt/there
cat /mnt/there/file
touch /mnt/there/new 2>/dev/null || echo read-only
findmnt -no FSTYPE /mnt/there
umount /mnt/there
