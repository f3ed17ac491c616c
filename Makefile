# `make check` is what CI runs and what you run before a commit.
.PHONY: check lint format layers build test

check: lint layers test

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests

layers:
	script/layers

build:
	script/build .setup/test-build.log --build-tests

test:
	script/test
