#!/bin/sh
# See that a Java is there that Spark runs on, 17 or later; where apt and the right to use it are at hand, install it.
# Usage: set_up_java.sh
set -eu

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
# `openjdk version "17.0.15" …`: the first whole number (1 for Java 8 and older).
found=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
if [ "${found:-0}" -ge 17 ]; then
    exit 0
fi

as_root=
[ "$(id -u)" -eq 0 ] || as_root="sudo -n"
if [ -z "${JAVA_HOME:-}" ] && command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    echo "Spark needs Java; installing it with apt-get."
    $as_root apt-get update -qq
    # Debian 12 and Ubuntu have 17, Debian 13 has 21.
    for package in openjdk-17-jre-headless openjdk-21-jre-headless; do
        if $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "$package" >/dev/null; then
            exit 0
        fi
    done
fi
echo "Spark needs Java 17 or later; ${found:+$java is version }${found:-none was found}." >&2
echo "Install one (Debian and Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17)," >&2
echo "or name one: JAVA_HOME=/path/to/java make test-deep spark" >&2
exit 2
