# Only a menu: meson and ninja do the work. `make help` prints it.

# Packagers: `make SETUP=true` installs nothing.
SETUP ?= scripts/setup
FUZZ_SECONDS ?= 60
SAN = -Db_sanitize=address,undefined

.PHONY: build demo check long asan fuzz lint bench dist install clean help

build: ## compile the program (build/src/glassbridge)
	@$(SETUP) build
	@tools/page
	@tools/build build

demo: ## real machines on your screen: start some, print the address
	@$(SETUP) build demo
	@tools/page
	@tools/build build src/glassbridge
	@lab/demo

check: ## every test
	@$(SETUP) build page demo check
	@tools/page --dev
	@tools/build build
	@tests/run build

long: ## what takes minutes: quiet consoles, short tickets, an idle gateway
	@$(SETUP) build page demo check
	@tools/page
	@tools/build build src/glassbridge
	@for each in tests/long/*; do echo "== $$each"; $$each || exit 1; done

asan: ## the tests under address, undefined-behaviour and leak sanitizers
	@$(SETUP) build demo check
	@tools/page
	@tools/build build-asan $(SAN)
	@tests/run build-asan unit fuzz program

fuzz: ## FUZZ_SECONDS=60 of fuzzing for each parser
	@$(SETUP) build fuzz
	@tools/page
	@CC=clang-14 tools/build build-fuzz -Dfuzz=true $(SAN) -Db_lundef=false
	@tests/fuzz/run build-fuzz $(FUZZ_SECONDS)

lint: ## how the code reads: format, clang-tidy, layers, scripts, types
	@$(SETUP) build page lint
	@tools/page --dev
	@tools/build build
	@tools/lint

bench: ## measure side by side with other relays
	@$(SETUP) build demo bench
	@tools/page
	@tools/build build
	@tests/bench/run build
	@tests/bench/session build
	@tests/bench/first_pixel build
	@tests/bench/resume build
	@tests/bench/forward build

dist: ## dist/glassbridge-VERSION.tar.xz with the page inside
	@$(SETUP) build
	@tools/page
	@tools/dist

install: build ## into PREFIX (/usr/local), below DESTDIR
	@tools/build build $(if $(PREFIX),--prefix=$(PREFIX))
	@meson install -C build --no-rebuild --quiet

clean: ## forget what was built (the downloaded kernel stays)
	rm -rf build build-asan build-fuzz dist web/dist

help: ## this menu
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)
