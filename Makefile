# SPDX-License-Identifier: GPL-2.0-or-later
# A thin front to meson and to the scripts in tests/; the build directory is ./build.
DESTDIR ?=

all:
	tests/install-packages.sh build
	tests/build.sh build

demo:
	tests/demo.sh

check:
	tests/check.sh

check-vm: all
	tests/install-packages.sh vm
	tests/vm/run

bench: all
	tests/install-packages.sh bench
	tests/bench/bench $(BENCH_OPTIONS)
	tests/bench/startup

fuzz:
	tests/fuzz.sh $(or $(FUZZ_SECONDS),60) $(FUZZ_TARGETS)

install: all
	DESTDIR='$(DESTDIR)' meson install -C build --no-rebuild

clean:
	rm -rf build build-check build-fuzz build-sanitize build-vm rootfs

.PHONY: all demo check check-vm bench fuzz install clean
