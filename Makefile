# `make` lists the targets. Servers are private ones at free ports and stop with the command that needed them. With
# AMQP_URL, DATABASE_URL or AWS_ENDPOINT_URL_S3 set, that server is used instead.

.DEFAULT_GOAL := help
.PHONY: help build demo test verify-documents chaos chaos-cluster api-check upgrade fixtures mutants audit-drill export-drill restore-drill fuzz pgo bench-render bench-pipeline bench-lanes bench-lists bench-peers bench-workers bench-guard dev tables lint fmt fmt-check clippy ops-check deny advisories image-check compose-check reproducible release ci clean

INSTALL := scripts/local/install
WITH := scripts/local/with-servers
# Programs of the machine come first, those that `scripts/local/install` has installed here after them.
export PATH := $(PATH):$(CURDIR)/target/tools/bin

# How long the first build takes is said before it: most of the time nothing moves on the screen.
FIRST_BUILD = @test -x target/debug/invoice-worker || echo "Building invoice-worker and its 600 dependencies for the first time: ten to twenty minutes on two cores." >&2

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

build: ## Build the program, and invoice-dev with the demo and the benchmarks
	$(FIRST_BUILD)
	cargo build --workspace

demo: ## Run the main job on 200 sample requests, and show the result; ARGS=--page: in a browser too, until Ctrl-C
	@$(INSTALL) rabbitmq
	$(FIRST_BUILD)
	cargo build --workspace
	@$(WITH) rabbitmq -- target/debug/invoice-dev demo $(ARGS)

dev: ## Start servers and a worker, and stay up until Ctrl-C
	@$(INSTALL) rabbitmq
	$(FIRST_BUILD)
	cargo build --workspace
	@$(WITH) rabbitmq -- target/debug/invoice-dev up $(ARGS)

test: ## Run every test against real servers and in a real browser; ARGS='NAME' picks some
	@$(INSTALL) rabbitmq postgres pgbouncer seaweedfs poppler cjk-fonts faketime promtool nextest pika amqplib amqp-java contracts chromium axe
	$(FIRST_BUILD)
	cargo build --workspace
	cargo nextest run --workspace --no-run
	@$(WITH) rabbitmq postgres seaweedfs -- cargo nextest run --workspace $(ARGS)

# The documents that were checked are in target/verify.
verify-documents: export FONTS_DIR ?= /usr/share/fonts/opentype/noto
verify-documents: ## Check samples with veraPDF, and e-invoices with all validators; ARGS=--quick: a part of them
	@$(INSTALL) verapdf cjk-fonts einvoice-validators
	cargo build --workspace
	@scripts/verify/documents $(ARGS)
	@scripts/verify/einvoices $(ARGS)

# Logs and the report are in target/verify/api.
api-check: ## Check the HTTP API against its OpenAPI document; API_CHECK_SECONDS (600) sets how long, ARGS=--quick: a minute
	@$(INSTALL) rabbitmq postgres seaweedfs schemathesis
	cargo build --workspace
	@$(WITH) rabbitmq postgres seaweedfs -- scripts/verify/api $(ARGS)

# A run leaves its ledger and its report in target/tmp/chaos-SEED, or chaos-cluster-SEED.
chaos chaos-cluster: export CHAOS_MESSAGES ?= 5000
chaos chaos-cluster: export CHAOS_WORKERS ?= 3
chaos chaos-cluster: export CHAOS_SEED ?= $(shell date +%s)
chaos: export CHAOS_MINUTES ?= 5
chaos: ## Run the failure drill; CHAOS_MESSAGES, CHAOS_MINUTES, CHAOS_WORKERS and CHAOS_SEED set it
	@$(INSTALL) rabbitmq postgres faketime
	cargo test --test it -- chaos:: --nocapture

chaos-cluster: export CHAOS_CLUSTER = true
chaos-cluster: export CHAOS_MINUTES ?= 10
chaos-cluster: ## Run it on three broker nodes, and a database with a standby that takes over
	@$(INSTALL) rabbitmq postgres faketime
	cargo test --test it -- chaos:: --nocapture

# The report is that of the drill.
upgrade: export FROM ?= HEAD~1
upgrade: ## Roll workers from FROM=REVISION (HEAD~1) to this version, back and forward, in the drill
	@$(INSTALL) rabbitmq postgres
	@scripts/upgrade

fixtures: export WRITE_FIXTURES = 1
fixtures: ## Write what this version leaves in queues, tables and bucket to tests/fixtures/VERSION
	$(MAKE) test ARGS='-E "test(=upgrades::this_version_has_fixtures_which_say_what_it_writes)"'

mutants: ## Break the program on purpose, and see that the tests find it; ARGS='NAME' picks some
	@$(INSTALL) rabbitmq postgres seaweedfs nextest
	cargo build --workspace
	cargo nextest run --workspace --no-run
	@scripts/mutants $(ARGS)

audit-drill: export AUDIT_DOCUMENTS ?= 20000
audit-drill: export AUDIT_DAMAGED ?= 1000
audit-drill: export AUDIT_ROWS ?= 1000000
audit-drill: ## Audit many damaged documents and very many rows; AUDIT_DOCUMENTS, AUDIT_DAMAGED and AUDIT_ROWS set it
	@$(INSTALL) rabbitmq postgres seaweedfs
	cargo build --workspace
	@$(WITH) rabbitmq postgres seaweedfs -- cargo test --test it -- --nocapture --test-threads 1 \
		audit::drill::all_damage audit::simulated::any_number

export-drill: export EXPORT_DOCUMENTS ?= 100000
export-drill: export EXPORT_DOCUMENT_BYTES ?= 45000
export-drill: ## Export very many documents; EXPORT_DOCUMENTS and EXPORT_DOCUMENT_BYTES set it; needs 10 GB on the disk
	@$(INSTALL) rabbitmq postgres
	cargo build --workspace
	@$(WITH) rabbitmq postgres -- cargo test --test it -- --nocapture export::drill

restore-drill: export RESTORE_REQUESTS ?= 240
restore-drill: ## Lose the database, the bucket and the broker, and restore each; RESTORE_REQUESTS sets how many requests there are
	@$(INSTALL) rabbitmq postgres seaweedfs aws
	cargo build --workspace
	@scripts/restore-drill

fuzz: ## Fuzz what comes from outside; FUZZ_SECONDS (300) sets how long, for all targets together
	@fuzz/run

pgo: ## Build target/pgo/invoice-worker with a profile of its own work; takes an hour or more
	@scripts/pgo

# What the container image ships: dist, whose first build takes half an hour and more, or pgo. dev is quick, and its figures
# are rough.
bench-%: PROFILE ?= dist
bench-%: BUILD = $(if $(filter pgo,$(PROFILE)),scripts/pgo,cargo build --workspace --profile $(PROFILE))
bench-%: PROGRAM = target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/invoice-dev

bench-render: ## Measure what documents cost when they are only rendered
	$(BUILD)
	@$(PROGRAM) bench render $(ARGS)

bench-pipeline: REQUESTS ?= 5000
bench-pipeline: ## Measure the whole pipeline on real servers; REQUESTS, PROFILE and ARGS set it
	@$(INSTALL) rabbitmq postgres seaweedfs
	$(BUILD)
	@$(WITH) rabbitmq postgres seaweedfs -- $(PROGRAM) bench pipeline --requests $(REQUESTS) $(ARGS)

bench-lists: ## Measure lists, searches and counts over millions of rows; MEASURE_INVOICES, MEASURE_LETTERS and MEASURE_LIMIT_MS set it
	@$(INSTALL) rabbitmq postgres seaweedfs
	cargo build --workspace
	@$(WITH) rabbitmq postgres seaweedfs -- scripts/measure-lists

bench-lanes: ## Measure ordinary requests while 100,000 bulk requests wait; PROFILE and ARGS set it
	@$(INSTALL) rabbitmq postgres seaweedfs
	$(BUILD)
	@$(WITH) rabbitmq postgres seaweedfs -- $(PROGRAM) bench lanes $(ARGS)

bench-peers: ## Measure other ways to make the same invoice
	$(BUILD)
	@PROGRAM=$(PROGRAM) benches/peers/run $(ARGS)

bench-workers: REQUESTS ?= 1000
bench-workers: ## Measure plain workers in Python on the same requests and servers as this one; REQUESTS and PROFILE set it
	@$(INSTALL) rabbitmq postgres seaweedfs
	$(BUILD)
	@PROGRAM=$(PROGRAM) $(WITH) rabbitmq postgres seaweedfs -- benches/peers/workers $(REQUESTS) $(ARGS)

bench-guard: ## Fail if a document costs clearly more than when its cost was noted
	@$(INSTALL) valgrind
	cargo build --workspace
	@benches/guard $(ARGS)

tables: ## Make the tables from CLDR (by npm) and the code lists of EN 16931 (by pip); ARGS=--check: compare only
	@scripts/tables/code-lists $(ARGS)
	@scripts/tables/make $(ARGS)

lint: fmt-check clippy ops-check deny ## Check formatting, code, operations files and dependencies

fmt: ## Format the code
	cargo fmt --all

fmt-check:
	cargo fmt --all --check

# The build directory is the usual one, so that its dependencies are reused. The results go elsewhere, so that
# target/debug/invoice-worker stays the one that `cargo build` has built.
clippy:
	RUSTC_WORKSPACE_WRAPPER=$(CURDIR)/scripts/clippy CARGO_BUILD_BUILD_DIR=target CARGO_TARGET_DIR=target/clippy \
		cargo build --workspace --all-targets

ops-check:
	@$(INSTALL) shellcheck hadolint compose jsonschema kubernetes promtool asyncapi contracts systemd
	shellcheck scripts/clippy scripts/pgo scripts/upgrade scripts/mutants scripts/restore-drill scripts/check-compose scripts/check-kubernetes scripts/check-prometheus scripts/check-systemd scripts/advisories scripts/reproducible scripts/release/build scripts/release/bundle scripts/release/papers scripts/containers/aws scripts/containers/compose scripts/containers/image scripts/containers/lib.sh scripts/containers/possible scripts/containers/server scripts/local/* scripts/verify/documents scripts/verify/einvoices scripts/verify/api fuzz/run benches/guard benches/peers/run benches/peers/workers .ci/run
	hadolint Dockerfile
	check-jsonschema --check-metaschema docs/request.schema.json docs/invoice-generated.schema.json docs/invoice-failed.schema.json
	check-jsonschema --schemafile docs/request.schema.json templates/*/samples/*.json templates/*/samples/stress/*.json
	node scripts/verify/asyncapi/check.mjs docs/asyncapi.json
	target/tools/bin/python3 scripts/verify/messages examples
	target/tools/bin/python3 scripts/verify/messages fixtures tests/fixtures/*/fixture.json
	docker-compose --env-file .env.example --profile observability config --quiet
	scripts/check-compose
	scripts/check-prometheus
	scripts/check-kubernetes
	scripts/check-systemd
	scripts/mutants --check
	cargo fetch --quiet --locked
	scripts/tables/masked-words --check

deny: ## Check licences and their texts, sources and banned crates, and the software bill of materials
	@$(INSTALL) deny sbom
	cargo fetch --quiet --locked
	cargo deny --offline --log-level error check bans licenses sources
	scripts/release/papers target/papers
	target/tools/bin/python3 -B scripts/release check target/papers

advisories: ## Check for known vulnerabilities (fetches the advisory database); ADVISORY_DB=FOLDER: a clone of it
	@$(INSTALL) deny
	@scripts/advisories

image-check compose-check: PROGRAM ?= target/debug/invoice-worker
image-check compose-check: BUILD_DEBUG = $(if $(filter target/debug/%,$(PROGRAM)),cargo build --workspace)

image-check: ## Run the container image as compose does, by podman and without a registry; PROGRAM: around that program
	@$(INSTALL) rabbitmq postgres seaweedfs podman compose sbom
	$(BUILD_DEBUG)
	@$(WITH) rabbitmq postgres seaweedfs -- scripts/containers/image $(PROGRAM)

compose-check: ## Run the compose file with two workers, likewise; PROGRAM: around that program
	@$(INSTALL) rabbitmq postgres seaweedfs podman compose
	$(BUILD_DEBUG)
	@scripts/containers/compose $(PROGRAM)

reproducible: ## Build the program twice and compare the bytes, an hour and more; ARGS=--own: our own crates, minutes
	@scripts/reproducible $(ARGS)

release: ## Make what is published with a version: docs/release.md; PROGRAM: of that program
	@$(INSTALL) sbom
	@scripts/release/bundle $(PROGRAM)

ci: ## What continuous integration runs
	@.ci/run

clean: ## Remove everything that was built, and the installed tools
	cargo clean
