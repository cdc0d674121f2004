# Letterlock's front door. Everything real is in meson.build and tests/run.
#
#	make demo	build, start everything, send the examples, show the links (ONESHOT=1: check and exit)
#	make test	build and run the tests
#	make interop	have our S/MIME read by other programs, and read theirs
#	make race	ThreadSanitizer, where threads meet
#	make bench	Letterlock and Postfix in one run, and what the policy costs
#	make lint	layers, sizes, banned calls, man pages, front end types
#	make fuzz	every fuzzer for SECONDS=60 each
#	make run	serve the installation in run/dev, made on first use
#	make install	into PREFIX, default /usr/local
#	make clean

.POSIX:
BUILD = build
PREFIX = /usr/local
SECONDS = 60

all: build

deps:
	@packaging/deps.sh build

deps-test:
	@packaging/deps.sh test

front: $(wildcard web/package-lock.json)
	@test ! -f web/build.mjs || test -f web/node_modules/.package-lock.json || (cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)

$(BUILD)/build.ninja:
	meson setup --prefix $(PREFIX) $(BUILD) >$(BUILD).log 2>&1 || { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

build: deps front $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet src/letterlock

demo: build
	@$(BUILD)/src/letterlock demo $(if $(ONESHOT),--oneshot)

run: build
	@test -d run/dev || $(BUILD)/src/letterlock init run/dev
	@$(BUILD)/src/letterlock serve -c run/dev/letterlock.conf

test: deps-test front
	@tests/run

interop: deps-test front
	@packaging/deps.sh interop
	@tests/run interop

race: deps-test front
	@tests/run tsan

lint: deps-test front
	@tests/lint/run

bench: build
	@packaging/deps.sh bench
	@ninja -C $(BUILD) --quiet bench/load bench/bench_scan bench/bench_packs bench/bench_decide bench/bench_smime \
	    bench/bench_dkim
	@bench/run
	@bench/policy
	@bench/many
	@bench/many --tls
	@$(BUILD)/bench/bench_smime
	@bench/smimegate
	@$(BUILD)/bench/bench_dkim

fuzz: deps-test
	@tests/fuzz/run $(SECONDS)

install: build
	meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) build-asan build-fault build-tsan build-fuzz run web/dist

.PHONY: all deps deps-test front build demo run test interop race lint bench fuzz install clean
