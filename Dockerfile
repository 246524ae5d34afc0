# syntax=docker/dockerfile:1.14
# The container image: the program, which has the templates in it, its licences and its software bill of materials.
#
# With `--build-arg BUILD=pgo` the program is optimised for what it does all day (see scripts/pgo), and its build takes more than
# twice as long.
#
# Base images are named by tag and not by digest, so that a build with `--pull` has their security updates; where a build must have the same
# bytes again, name them with the digest (`FROM IMAGE:TAG@sha256:...`) in a registry of your own, and deploy the built image by its digest.

ARG BUILD=dist

FROM rust:1.95-slim-bookworm AS chef
WORKDIR /build
RUN cargo install cargo-chef --locked --version 0.1.78

FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS dist
# The dependencies are a layer of their own, built anew only when Cargo.toml or Cargo.lock change.
COPY --from=planner /build/recipe.json recipe.json
RUN cargo chef cook --locked --profile dist --recipe-path recipe.json
COPY . .
RUN cargo build --locked --profile dist --bin invoice-worker

FROM rust:1.95-slim-bookworm AS pgo
WORKDIR /build
RUN rustup component add llvm-tools
COPY . .
RUN scripts/pgo

FROM rust:1.95-slim-bookworm AS papers
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN scripts/release/papers /papers

# hadolint ignore=DL3006
FROM ${BUILD} AS built

# glibc, libgcc, root certificates and time zones; no shell, no package manager; uid 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
ARG BUILD
COPY --from=papers /papers/ /usr/share/doc/invoice-worker/
COPY --from=built /build/target/${BUILD}/invoice-worker /invoice-worker
ENTRYPOINT ["/invoice-worker"]
CMD ["worker"]
