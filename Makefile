# Remote Help. `make` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help demo test check lint bench messages locks clean
export PORT

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run the site with two demo organisations (PORT=8000); Ctrl-C stops it
	@sh deploy/venv.sh
	@exec .venv/bin/remotehelp up --demo

test: ## Run every test there is (one lane: LANE=sqlite; more for pytest: ARGS="-k code")
	@sh tests/packages.sh
	@sh deploy/venv.sh dev
	@exec .venv/bin/python tests/lanes.py $(LANE) -- $(ARGS)

check: test ## The same as test

lint: ## Format, lint, types, import contracts, migrations, API schema, production settings
	@sh deploy/venv.sh dev
	@exec .venv/bin/python tests/lanes.py lint

bench: ## Measure (ARGS="--help" lists what)
	@sh deploy/venv.sh dev
	@exec .venv/bin/python -m bench $(ARGS)

messages: ## Compile the translations
	@sh deploy/venv.sh
	@exec .venv/bin/remotehelp compilemessages

locks: ## Write requirements*.lock from uv.lock (needs uv)
	@sh deploy/export-locks.sh

clean: ## Delete the environment and the caches (var/, with its database, stays)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
