# A JVM, which looks at the limits of its container.
java -XX:+UseSerialGC -Xshare:auto -XshowSettings:system -version 2>&1 | grep -E '^(openjdk version|    (Memory Limit|Effective CPU Count))' | sed -E 's/"[0-9.]+".*/X/'
