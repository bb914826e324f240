# `make help` describes each target. `make setup` installs the Debian packages that the targets need.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
SCENARIO ?= services/replay/scenarios/xiangtan-2024h1.toml
T ?=

.PHONY: help setup basics rust demo test check up image cluster-images cluster-test clean

help: ## Describe each target
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: basics ## Install missing tools: Postgres, Redis, a C linker (uses sudo for apt-get); for the tests grpcio, PgBouncer, Helm, promtool and grpcurl
	@scripts/foreign
	@scripts/need pgbouncer
	@scripts/kube-tools

basics: rust
	@scripts/setup

rust:
	@command -v cargo >/dev/null || { echo "Rust is missing. Install it with:"; \
	  echo "  apt-get install -y curl build-essential && curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain 1.95.0"; \
	  echo "then open a new shell and try again."; exit 1; }

demo: basics ## Build, play the city's half-year through five services, print published figures, bulletin and recount (SCENARIO=services/replay/scenarios/week.toml plays a week)
	@echo "building (about five minutes the first time) …"
	@cargo build --bin hotline
	@mkdir -p target/demo
	@cargo run --quiet --bin hotline -- replay $(SCENARIO) --floor --out target/demo
	@echo "bulletin: target/demo/bulletin.json"

test: setup ## Run all tests on a private Postgres and Redis (T=name runs only tests whose name contains it)
	@cargo build --workspace --bins
	@$${CARGO_TARGET_DIR:-target}/debug/testkit-servers scripts/tests $(T)

check: setup ## Check formatting, lints, contracts, and the rules for dependencies
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	scripts/buf lint proto
	@scripts/breaking
	scripts/deny check bans licenses sources

up: basics ## Install missing tools: Postgres, Redis, a C linker (uses sudo for apt-get); for the tests grpcio, PgBouncer, Helm, promtool and grpcurl
	@scripts/foreign
	@scripts/need pgbouncer
	@scripts/kube-tools

basics: rust
	@scripts/setup

rust:
	@command -v cargo >/dev/null || { echo "Rust is missing. Install it with:"; \
	  echo "  apt-get install -y curl build-essential && curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --default-toolchain 1.95.0"; \
	  echo "then open a new shell and try again."; exit 1; }

demo: basics ## Build, play the city's half-year through five services, print published figures, bulletin and recount (SCENARIO=services/replay/scenarios/week.toml plays a week)
	@echo "building (about five minutes the first time) …"
	@cargo build --bin hotline
	@mkdir -p target/demo
	@cargo run --quiet --bin hotline -- replay $(SCENARIO) --floor --out target/demo
	@echo "bulletin: target/demo/bulletin.json"

test: setup ## Run all tests on a private Postgres and Redis (T=name runs only tests whose name contains it)
	@cargo build --workspace --bins
	@$${CARGO_TARGET_DIR:-target}/debug/testkit-servers scripts/tests $(T)

check: setup ## Check formatting, lints, contracts, and the rules for dependencies
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	scripts/buf lint proto
	@scripts/breaking
	scripts/deny check bans licenses sources

bench: basics ## Measure a release build against floors of the same run (BENCH=full more work, COMPARE=older.json beside it)
	@echo "building for release (about ten minutes the first time) …"
	@cargo build --release --bin hotline --bin bench
	@$${CARGO_TARGET_DIR:-target}/release/bench $(if $(filter full,$(BENCH)),--full) $(if $(COMPARE),--compare $(COMPARE))

up: basics ## Build and run all five services until Ctrl-C, with the small city loaded
	cargo run --bin hotline -- up --data target/up --city services/replay/scenarios/city.toml

image: rust ## Build the image localhost/hotline:<version> with buildah, print its digest (IMAGE=name:tag sets another name)
	@scripts/image

cluster-images: rust ## Build the other images of cluster-test: the client, and the servers for clusters without a registry
	@tests/cluster/images/build

cluster-test: ## Install, upgrade, break and repair the chart on the cluster of KUBECONFIG, under load (ARGS=--help)
	@[ -x target/tools/helm3 ] || scripts/kube-tools
	@tests/cluster/cluster-test $(ARGS)

clean: ## Remove everything that was built
	cargo clean
