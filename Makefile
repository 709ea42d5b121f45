# What there is to do here. Everything but the first line of each target lives in dev/, one module a target.
# Works with GNU make 3.81, which macOS has.

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; exit; fi; done; echo python3)
endif

export PORT TO FROM ONLY

.PHONY: help run test soak check translations docs bench screenshots promises backup restore rotate drill

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name what; do printf '  make %-13s %s\n' "$$name" "$$what"; done

run: ## Build what is missing and serve the site at http://localhost:8000 (another port: make run PORT=8001)
	@$(PYTHON) -m dev.run

test: ## Install what the tests need, a browser included, and run them all
	@$(PYTHON) -m dev.test $(ARGS)

soak: ## Run the tests with the long sweeps whole
	@BESTTRAV_SOAK=1 $(PYTHON) -m dev.test $(ARGS)

check: ## Format, lint, types, import contracts, house rules, migrations, translations
	@$(PYTHON) -m dev.check

translations: ## Add to the catalogues what the code says and they lack, and compile them
	@$(PYTHON) -m dev.translations update

docs: ## Write the pages generated from the code: data map, schema of the copy, journal
	@$(PYTHON) -m dev.inside manage privacy document
	@$(PYTHON) -m dev.inside manage journal document

bench: ## Measure what the house costs, with ratios taken in one run (ARGS="--write" puts the tables into docs/performance.md)
	@$(PYTHON) -m dev.inside bench $(ARGS)

screenshots: ## Walk through a demo of its own and take the pictures in docs/images
	@$(PYTHON) -m dev.screenshots

promises: ## List what we promise people, with the tests that prove it, and write docs/promises.md
	@$(PYTHON) -m dev.inside dev.promises

backup: ## Back up record and vault, and read the copy before it counts (another folder: make backup TO=/srv/backups)
	@$(PYTHON) -m dev.backup

restore: ## Bring back what a backup holds: make restore FROM=folder, with ONLY=record or ONLY=vault for one of the two
	@$(PYTHON) -m dev.restore

rotate: ## Begin the next key epoch; the old one ends after a checked backup
	@$(PYTHON) -m dev.inside manage keys rotate

drill: ## Lose everything, the record, the vault and the keyring, on a copy, and see that the site would stand
	@$(PYTHON) -m dev.drill
