"""set_acl.py FILE: an access list that gives user 77 nothing, as setfacl would set it."""
import os
import struct
import sys

NOBODY = 0xFFFFFFFF
# user::rw-, user:77:---, group::r--, mask::rwx, other::r--
ENTRIES = [(1, 6, NOBODY), (2, 0, 77), (4, 4, NOBODY), (16, 7, NOBODY), (32, 4, NOBODY)]
value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in ENTRIES)
os.setxattr(sys.argv[1], "system.posix_acl_access", value)
