// Nothing: a group of precompiled headers (Headers.cmake) needs one source.
