#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Install what building, testing and the demo need, by Debian package name,
# and only what is missing. Asks for sudo when not root.
#
#	packaging/deps.sh build		libraries and tools to build
#	packaging/deps.sh test		the same, and the real peers of the tests
#	packaging/deps.sh interop	the same, and other people's readers of S/MIME
#	packaging/deps.sh bench		as test, and what only the benchmark compares with
set -eu

build="gcc make meson ninja-build pkg-config python3 mandoc
libssl-dev libsqlite3-dev libyaml-dev
libjansson-dev libargon2-dev libseccomp-dev libunbound-dev libidn2-dev
libunistring-dev libhyperscan-dev libpcre2-dev libexpat1-dev
libarchive-dev zlib1g-dev libmagic-dev libp11-dev libp11-kit-dev libldap-dev poppler-utils openssl libcurl4-openssl-dev
ca-certificates dns-root-data"
test="ccache libcmocka-dev libgmime-3.0-dev python3-stdnum postfix chromium clang clang-format
libclang-rt-14-dev iproute2 knot ldnsutils unbound bind9-dnsutils
opendkim-tools python3-dkim python3-nacl nsd
softhsm2 opensc slapd ldap-utils faketime pebble python3-cryptography"
interop="gpgsm mutt thunderbird default-jdk-headless libbcmail-java"
bench="rspamd curl"

wanted=$build
[ "${1:-build}" = test ] && wanted="$build $test"
[ "${1:-build}" = interop ] && wanted="$build $test $interop"
[ "${1:-build}" = bench ] && wanted="$build $test $bench"
# node and npm: a newer node than Debian's brings its own npm.
command -v node >/dev/null 2>&1 || wanted="$wanted nodejs"
command -v npm >/dev/null 2>&1 || wanted="$wanted npm"

missing=
for package in $wanted; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing="$missing $package"
done

if [ -n "$missing" ]; then
	echo "Installing:$missing"
	sudo=
	if [ "$(id -u)" != 0 ]; then
		sudo=sudo
	fi
	$sudo apt-get update -qq
	# A mail server that comes in as a test peer is not to be started.
	$sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
	    apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
